using System.Text;

namespace Distributed.Data.Corpora.Files;

/// <summary>
/// A plain text file: one document, or, above <see cref="PieceBytes"/>, several that are cut after blank lines.
/// The pieces joined are the file, byte for byte (but for a byte order mark).
/// </summary>
internal static class TextFileReader
{
    /// <summary>A piece ends at the first blank line after so many bytes.</summary>
    public const int PieceBytes = 64 << 10;

    /// <summary>Without a blank line it ends at the first line end after so many bytes.</summary>
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
