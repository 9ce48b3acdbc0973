using System.Text;
using System.Text.Json;
using Distributed.Configuration;

namespace Distributed.Data.Corpora.Files;

/// <summary>
/// Reads JSON Lines: one object per line, whose document is the string under <c>text</c>. Repeated keys are refused; blank lines are
/// skipped.
/// </summary>
internal static class JsonLinesReader
{
    public static IEnumerable<string> Read(string path, Action<long>? bytesRead = null)
    {
        using var reader = new Utf8LineReader(path, bytesRead);
        while (reader.TryRead(out var line))
        {
            if (!reader.LineEnded)
            {
            {
                throw Malformed(
                    path, reader.LineNumber, $"is longer than {Utf8LineReader.MaximumLine >> 20} MiB",
                    "Split the document into several lines");
            }
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
                throw Malformed(path, number, $"is a JSON {Kind(json.RootElement)}, not an object",
                    "Write one object with a string 'text' per line");
            }

            if (FindRepeatedKey(json.RootElement) is { } repeated)
            {
                throw Malformed(path, number, $"has the key '{repeated}' twice in one object", "Remove one of the two");
            }

            if (!json.RootElement.TryGetProperty("text", out var text))
            {
                var keys = string.Join(", ", json.RootElement.EnumerateObject().Take(8).Select(property => $"'{property.Name}'"));
                throw Malformed(
                    path,
                    number,
                    $"has no key 'text' (its keys: {(keys.Length > 0 ? keys : "none")})",
                    "Rename the key that holds the document to 'text'");
            }

            return text.ValueKind == JsonValueKind.String
                ? text.GetString()!
                : throw Malformed(path, number, $"has a 'text' that is a JSON {Kind(text)}, not a string", "Make it a string");
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

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        var kind => kind.ToString().ToLowerInvariant(),
    };

    private static DataException Malformed(string path, long line, string what, string remedy) =>
        new($"Line {line} of '{path}' {what}. {remedy}.");
}
