using System.Text.Json;
using Distributed.Data.Corpora.Files;
using Distributed.Data.Examples.Records;

namespace Distributed.Data.Examples.Files;

/// <summary>Reads the examples of a JSON Lines file (.jsonl, .jsonl.gz). A line with a mistake does not end the reading.</summary>
internal static class ExampleFileReader
{
    /// <summary>
    /// Reads a file line by line; blank lines are skipped. A file that is not UTF-8, is damaged or has a line over 64 MiB ends with that
    /// mistake.
    /// </summary>
    public static IEnumerable<ExampleLine> Read(string path, ExampleFormat format, Action<long>? bytesRead = null)
    {
        using var lines = JsonLinesReader.Lines(path, bytesRead).GetEnumerator();
        while (Next(path, format, lines) is { } line) yield return line;
    }

    /// <summary>The kind of the examples, from the keys of the file's first line.</summary>
    /// <exception cref="DataException">The file has no line, or the first line is malformed or of no kind.</exception>
    public static ExampleKind KindOf(string path)
    {
        foreach (var (number, json) in JsonLinesReader.Lines(path))
        {
            return JsonLine.Read(path, number, json, "Write one example per line", KindOf);
        }

        throw new DataException($"The file '{path}' has no example. Write one JSON object per line.");
    }

    private static ExampleLine? Next(string path, ExampleFormat format, IEnumerator<(long Number, ReadOnlyMemory<byte> Json)> lines)
    {
        try
        {
            if (!lines.MoveNext()) return null;
            var (number, json) = lines.Current;
            return new(JsonLine.Read(path, number, json, format.Form, line => ExampleOf(line, new SourceLine(path, number), format)), null);
        }
        catch (DataException e)
        {
            return new(null, e.Message);
        }
    }

    private static Example ExampleOf(JsonLine line, SourceLine source, ExampleFormat format) => format.Kind switch
    {
        ExampleKind.Completions => CompletionReader.Read(line, source),
        ExampleKind.Chats => ChatReader.Read(line, source),
        ExampleKind.Preferences => PreferenceReader.Read(line, source),
        ExampleKind.Prompts => PromptReader.Read(line, source, format),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format.Kind, "The kind is unknown."),
    };

    private static ExampleKind KindOf(JsonLine line)
    {
        if (Has("messages")) return ExampleKind.Chats;
        if (Has("chosen") || Has("rejected")) return ExampleKind.Preferences;
        if (Has("completion")) return ExampleKind.Completions;
        if (Has("prompt")) return ExampleKind.Prompts;
        throw line.Malformed("has none of the keys 'messages', 'chosen', 'completion' and 'prompt'", "Write an example of one kind");

        bool Has(string key) => line.Root.TryGetProperty(key, out JsonElement _);
    }
}
