namespace Distributed.Data.Corpora.Files;

/// <summary>
/// Reads JSON Lines: one object per line, whose document is the string under <c>text</c>. Repeated keys are refused; blank lines are
/// skipped.
/// </summary>
internal static class JsonLinesReader
{
    public static IEnumerable<string> Read(string path, Action<long>? bytesRead = null) => Lines(path, bytesRead).Select(line =>
        JsonLine.Read(path, line.Number, line.Json, "Write one object with a string 'text' per line",
            json => json.Text("text", "Rename the key that holds the document to 'text'")));

    /// <summary>The lines that are not blank, with their numbers from 1. A line is valid until the next one is read.</summary>
    /// <exception cref="DataException">The file cannot be read, is not UTF-8, or has a line that is too long.</exception>
    public static IEnumerable<(long Number, ReadOnlyMemory<byte> Json)> Lines(string path, Action<long>? bytesRead = null)
    {
        using var reader = new Utf8LineReader(path, bytesRead);
        while (reader.TryRead(out var line))
        {
            if (!reader.LineEnded) throw JsonLine.TooLong(path, reader.LineNumber);
            if (!line.Span.Trim(" \t\r\n"u8).IsEmpty) yield return (reader.LineNumber, line);
        }
    }
}
