using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Distributed.Configuration.Keys;

/// <summary>
/// The keys of a section of a configuration, each declared once. The table reads, writes, checks and documents the section. It is
/// immutable: every method that declares a key returns a new table, so tables can share a common part.
/// </summary>
/// <typeparam name="TSection">The record that holds the section's values. Its properties may be init-only.</typeparam>
public sealed partial class KeyTable<TSection>
    where TSection : class
{
    private readonly ImmutableArray<Key<TSection>> _keys;
    private readonly Action<TSection, ConfigReader>? _check;

    /// <summary>Creates a table without keys.</summary>
    /// <param name="check">
    /// Checks combinations of keys after all of them were read, and reports mistakes with
    /// <see cref="ConfigReader.Refuse(string, string)"/>; null for none.
    /// </param>
    public KeyTable(Action<TSection, ConfigReader>? check = null) : this([], check)
    {
    }

    private KeyTable(ImmutableArray<Key<TSection>> keys, Action<TSection, ConfigReader>? check) => (_keys, _check) = (keys, check);

    /// <summary>The names of all keys, in the order of their declarations.</summary>
    public IReadOnlyList<string> Names => [.. _keys.Select(key => key.Name)];

    /// <summary>Declares a key of any kind.</summary>
    /// <exception cref="ArgumentException">The table has a key with this name.</exception>
    public KeyTable<TSection> With(Key<TSection> key) => _keys.Any(known => known.Name == key.Name)
        ? throw new ArgumentException($"The key {key.Name} is declared twice.", nameof(key))
        : new(_keys.Add(key), _check);

    /// <summary>Reads all keys in order and checks their combinations. Every mistake is reported to the reader.</summary>
    /// <param name="reader">Reader of the section.</param>
    /// <param name="defaults">The values of missing keys; not changed.</param>
    /// <returns>The section; a wrong value is replaced by its default.</returns>
    public TSection Read(ConfigReader reader, TSection defaults)
    {
        var section = _keys.Aggregate(defaults, (section, key) => key.Read(reader, section));
        _check?.Invoke(section, reader);
        return section;
    }

    /// <summary>Reads the section as <see cref="Read"/> does, and reports every key that the table does not have.</summary>
    /// <param name="reader">Reader of the section.</param>
    /// <param name="defaults">The values of missing keys; not changed.</param>
    public TSection ReadWhole(ConfigReader reader, TSection defaults)
    {
        var section = Read(reader, defaults);
        reader.RefuseUnknown();
        return section;
    }

    /// <summary>
    /// Writes the section: the keys that are always written in the order of their declarations, then those of the others that are not
    /// omitted.
    /// </summary>
    public JsonObject Write(TSection section)
    {
        var json = new JsonObject();
        foreach (var key in _keys.OrderBy(key => key.IsOmitted is not null))
            if (key.IsOmitted?.Invoke(section) is not true) json[key.Name] = key.Write(section);
        return json;
    }

    /// <summary>Describes all keys in order.</summary>
    /// <param name="defaults">The values of missing keys.</param>
    public IReadOnlyList<KeyDescription> Describe(TSection defaults) =>
    [
        .. _keys.SelectMany(key => key.Inner is { } inner
            ? inner(defaults).Select(row => row with { Name = $"{key.Name}.{row.Name}" })
            : [new KeyDescription(key.Name, key.Allowed, key.IsRequired ? "" : Shown(key.Write(defaults)), key.Meaning)]),
    ];

    private static string Shown(JsonNode? value) => value is JsonValue ? value.ToString() : value?.ToJsonString() ?? "null";
}
