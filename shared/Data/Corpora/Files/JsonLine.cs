using System.Text;
using System.Text.Json;
using Distributed.Configuration;

namespace Distributed.Data.Corpora.Files;

/// <summary>
/// One object of a JSON Lines file, without repeated keys. A mistake is a <see cref="DataException"/> that names the line and the file.
/// </summary>
internal sealed class JsonLine
{
    private readonly string _path;
    private readonly long _number;

    private JsonLine(string path, long number, JsonElement root) => (_path, _number, Root) = (path, number, root);

    /// <summary>The object.</summary>
    public JsonElement Root { get; }

    /// <summary>Parses a line and reads a value from its object.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="number">Number of the line, from 1.</param>
    /// <param name="line">The line; UTF-8.</param>
    /// <param name="form">What a line must be, as an instruction without a full stop, for messages.</param>
    /// <param name="read">Reads the value; the object is valid during the call only.</param>
    /// <exception cref="DataException">
    /// The line is not a JSON object, has a repeated key, or is refused by <paramref name="read"/>.
    /// </exception>
    public static T Read<T>(string path, long number, ReadOnlyMemory<byte> line, string form, Func<JsonLine, T> read)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var parsed = new JsonLine(path, number, json.RootElement);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw parsed.Malformed($"is a JSON {Kind(json.RootElement)}, not an object", form);
            }

            if (FindRepeatedKey(json.RootElement) is { } repeated)
            {
                throw parsed.Malformed($"has the key '{repeated}' twice in one object", "Remove one of the two");
            }

            return read(parsed);
        }
        catch (JsonException e)
        {
            throw Malformed(path, number, $"{Column(line.Span, e)}is not JSON ({JsonText.Reason(e)})", "Write one JSON object per line");
        }
        catch (InvalidOperationException e)
        {
            throw Malformed(path, number, $"has a string that is not text: {e.Message.TrimEnd('.')}", "Write whole characters");
        }
    }

    /// <summary>The error that a line is longer than <see cref="Utf8LineReader.MaximumLine"/>.</summary>
    public static DataException TooLong(string path, long number) => Malformed(
        path, number, $"is longer than {Utf8LineReader.MaximumLine >> 20} MiB", "Split the document into several lines");

    /// <summary>The kind of a JSON value, for messages.</summary>
    public static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        var kind => kind.ToString().ToLowerInvariant(),
    };

    /// <summary>The string under a key of the object.</summary>
    /// <param name="key">The key.</param>
    /// <param name="remedy">How to fix a missing key, without a full stop.</param>
    public string Text(string key, string remedy) => TextOf(Required(Root, key, null, remedy), key);

    /// <summary>The value under a key.</summary>
    /// <param name="owner">The object that must have the key.</param>
    /// <param name="key">The key.</param>
    /// <param name="within">Path of <paramref name="owner"/> in the line, for messages; null for the line's own object.</param>
    /// <param name="remedy">How to fix a missing key, without a full stop.</param>
    public JsonElement Required(JsonElement owner, string key, string? within, string remedy)
    {
        if (owner.TryGetProperty(key, out var value)) return value;
        var keys = string.Join(", ", owner.EnumerateObject().Take(8).Select(property => $"'{property.Name}'"));
        var place = within is null ? "" : $" in '{within}'";
        throw Malformed($"has no key '{key}'{place} (its keys: {(keys.Length > 0 ? keys : "none")})", remedy);
    }

    /// <summary>The text of a value that must be a string.</summary>
    /// <param name="value">The value.</param>
    /// <param name="name">Path of the value in the line, for messages.</param>
    public string TextOf(JsonElement value, string name) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw Malformed($"has a '{name}' that is a JSON {Kind(value)}, not a string", "Make it a string");

    /// <summary>The error that this line is malformed.</summary>
    /// <param name="what">What is wrong, as a predicate of the line.</param>
    /// <param name="remedy">How to fix it, without a full stop.</param>
    public DataException Malformed(string what, string remedy) => Malformed(_path, _number, what, remedy);

    private static string? FindRepeatedKey(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject()
                .GroupBy(property => property.Name, StringComparer.Ordinal)
                .FirstOrDefault(group => group.Skip(1).Any())?.Key
            ?? element.EnumerateObject().Select(property => FindRepeatedKey(property.Value)).FirstOrDefault(key => key is not null),
        JsonValueKind.Array => element.EnumerateArray().Select(FindRepeatedKey).FirstOrDefault(key => key is not null),
        _ => null,
    };

    // The column in characters from 1; the parser counts bytes from 0.
    private static string Column(ReadOnlySpan<byte> line, JsonException error) => error.BytePositionInLine is { } bytes
        ? $"(column {1 + Encoding.UTF8.GetString(line[..(int)Math.Min(bytes, line.Length)]).EnumerateRunes().Count()}) "
        : "";

    private static DataException Malformed(string path, long line, string what, string remedy) =>
        new($"Line {line} of '{path}' {what}. {remedy}.");
}
