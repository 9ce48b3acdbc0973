using System.Text.Json;
using Distributed.Configuration;
using Distributed.Data.Corpora.Files;

namespace Distributed.Data.Examples.Files;

/// <summary>Reads the keys of an example. Keys that an example does not use are ignored.</summary>
internal static class ExampleJson
{
    private const int LongestShown = 40;

    /// <summary>The value under a key; a missing key is refused with the most similar key of the object.</summary>
    /// <param name="line">The line.</param>
    /// <param name="key">The key.</param>
    /// <param name="owner">The object that must have the key; null for the line's own object.</param>
    /// <param name="within">Path of <paramref name="owner"/> in the line, for messages.</param>
    public static JsonElement Required(JsonLine line, string key, JsonElement? owner = null, string? within = null)
    {
        var holder = owner ?? line.Root;
        if (holder.TryGetProperty(key, out var value)) return value;
        var near = ConfigReader.Nearest(key, [.. holder.EnumerateObject().Take(8).Select(property => property.Name)]);
        return line.Required(holder, key, within, near is null ? $"Add the key '{key}'" : $"Rename '{near}' to '{key}'");
    }

    /// <summary>The text under a key, which may be empty.</summary>
    public static string Text(JsonLine line, string key) => line.TextOf(Required(line, key), key);

    /// <summary>The text under a key; a text without characters other than white space is refused.</summary>
    public static string NonEmptyText(JsonLine line, string key) => NonEmpty(line, Required(line, key), key);

    /// <summary>The text of a value; a text without characters other than white space is refused.</summary>
    /// <param name="line">The line.</param>
    /// <param name="value">The value.</param>
    /// <param name="name">Path of the value in the line, for messages.</param>
    public static string NonEmpty(JsonLine line, JsonElement value, string name) =>
        line.TextOf(value, name) is var text && !string.IsNullOrWhiteSpace(text)
            ? text
            : throw line.Malformed($"has an empty '{name}'", "Give it a text of more than white space, or remove the line");

    /// <summary>The text under an optional key; null if the key is missing or null.</summary>
    public static string? Optional(JsonLine line, string key) =>
        line.Root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? line.TextOf(value, key) : null;

    /// <summary>A word of the user for a message, shortened.</summary>
    public static string Shown(string word) => word.Length <= LongestShown ? word : $"{word[..LongestShown]}...";
}
