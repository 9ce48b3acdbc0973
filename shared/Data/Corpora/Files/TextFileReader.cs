using System.Text;

namespace Distributed.Data.Corpora.Files;

/// <summary>
/// Reads a plain text file as one document, or, above <see cref="PieceBytes"/>, as several documents that are cut after blank lines. The
/// documents joined are the file, byte for byte (without a byte order mark).
/// </summary>
internal static class TextFileReader
{
    /// <summary>A document ends at the first blank line after this number of bytes.</summary>
    public const int PieceBytes = 64 << 10;

    /// <summary>Without a blank line, a document ends at the first line end after this number of bytes.</summary>
    public const int LargestPieceBytes = 1 << 20;

    public static IEnumerable<string> Read(string path, Action<long>? bytesRead = null)
    {
        using var reader = new Utf8LineReader(path, bytesRead);
        var piece = new MemoryStream();
        while (reader.TryRead(out var line))
        {
            piece.Write(line.Span);
            if (piece.Length >= LargestPieceBytes || (piece.Length >= PieceBytes && IsBlank(line.Span)))
            {
                yield return Take(piece);
            }
        }

        if (piece.Length > 0)
        {
            yield return Take(piece);
        }
    }

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.TrimStart(" \t\r\n"u8).IsEmpty;

    private static string Take(MemoryStream piece)
    {
        var text = Encoding.UTF8.GetString(piece.GetBuffer(), 0, (int)piece.Length);
        piece.SetLength(0);
        return text;
    }
}
