using System.Text.Json.Nodes;

namespace Distributed.Configuration.Keys;

/// <summary>
/// The declaration of one key: how it is read, written and described. <see cref="KeyTable{TSection}"/> has the usual kinds.
/// </summary>
/// <typeparam name="TSection">The record that holds the section's values.</typeparam>
public sealed class Key<TSection>
{
    /// <summary>Name of the key.</summary>
    public required string Name { get; init; }

    /// <summary>The allowed values, such as <c>a whole number, at least 1</c>.</summary>
    public required string Allowed { get; init; }

    /// <summary>Meaning of the key, in full sentences for the documentation.</summary>
    public required string Meaning { get; init; }

    /// <summary>
    /// Reads the key: returns the section with the value, or unchanged if the key is missing or wrong. A mistake is reported to the reader.
    /// </summary>
    public required Func<ConfigReader, TSection, TSection> Read { get; init; }

    /// <summary>Writes the value, which <see cref="Read"/> reads back.</summary>
    public required Func<TSection, JsonNode?> Write { get; init; }

    /// <summary>Whether the key is omitted when a section is written; null for a key that is always written.</summary>
    public Func<TSection, bool>? IsOmitted { get; init; }

    /// <summary>Whether the key has no default.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Describes the keys of a section below this key, given the defaults; null for a key with a value.</summary>
    internal Func<TSection, IReadOnlyList<KeyDescription>>? Inner { get; init; }
}
