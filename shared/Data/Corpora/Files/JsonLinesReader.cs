using System.Text.Json;

namespace Distributed.Data.Corpora.Files;

/// <summary>JSON Lines: one object a line, its document the string under <c>text</c>; blank lines are passed over.</summary>
internal static class JsonLinesReader
{
    public static IEnumerable<string> Read(string path, Action<long>? bytesRead = null)
    {
        using var reader = new Utf8LineReader(path, bytesRead);
        while (reader.TryRead(out var line))
        {
            if (!reader.LineEnded)
            {
                throw Malformed(path, reader.LineNumber, $"is longer than {Utf8LineReader.MaximumLine >> 20} MiB", "Split the document into several lines");
            }

            if (line.Span.Trim(" \t\r\n"u8).IsEmpty)
            {
                continue;
            }

            yield return TextOf(path, reader.LineNumber, line);
        }
    }

    private static string TextOf(string path, long number, ReadOnlyMemory<byte> line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Malformed(path, number, $"is a JSON {Kind(json.RootElement)}, not an object", "Write one object with a string 'text' per line");
            }

            if (!json.RootElement.TryGetProperty("text", out var text))
            {
                var keys = string.Join(", ", json.RootElement.EnumerateObject().Take(8).Select(property => $"'{property.Name}'"));
                throw Malformed(path, number, $"has no key 'text' (its keys: {(keys.Length > 0 ? keys : "none")})", "Rename the key that holds the document to 'text'");
            }

            return text.ValueKind == JsonValueKind.String
                ? text.GetString()!
                : throw Malformed(path, number, $"has a 'text' that is a JSON {Kind(text)}, not a string", "Make it a string");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Malformed(path, number, $"is not JSON ({e.Message.TrimEnd('.')})", "Write one JSON object per line");
        }
    }

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        var kind => kind.ToString().ToLowerInvariant(),
    };

    private static DataException Malformed(string path, long line, string what, string mend) =>
        new($"Line {line} of '{path}' {what}. {mend}.");
}
