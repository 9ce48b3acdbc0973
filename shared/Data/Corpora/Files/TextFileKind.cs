
namespace Distributed.Data.Corpora.Files;

/// <summary>The kinds of corpus files, recognized by their extensions; case does not matter.</summary>
internal static class TextFileKind
{
    /// <summary>The known kinds, for messages.</summary>
    public const string Known = ".txt, .md, .text and .jsonl, each also with .gz";

    private const string Gzip = ".gz";
    private const string JsonLines = ".jsonl";
    private static readonly string[] Text = [".txt", ".md", ".text"];

    public static bool IsKnown(string path) => IsJsonLines(path) || Text.Contains(Ending(path), StringComparer.OrdinalIgnoreCase);

    public static bool IsJsonLines(string path) => Ending(path).Equals(JsonLines, StringComparison.OrdinalIgnoreCase);

    public static bool IsCompressed(string path) => Path.GetExtension(path).Equals(Gzip, StringComparison.OrdinalIgnoreCase);

    /// <summary>How to convert a file of another kind, for messages.</summary>
    public static string Remedy(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".zst" or ".zstd" => "decompress it with 'zstd -d'",
        ".bz2" => "decompress it with 'bunzip2'",
        ".xz" => "decompress it with 'unxz'",
        ".parquet" or ".arrow" or ".csv" or ".tsv" or ".json" => "convert it to JSON Lines with the text under the key 'text'",
        ".zip" or ".tar" or ".tgz" or ".7z" => "unpack it",
        _ => $"convert it to text or JSON Lines, or rename it if it is text ({Known})",
    };

    // The extension, without .gz.
    private static string Ending(string path) => Path.GetExtension(IsCompressed(path) ? Path.GetFileNameWithoutExtension(path) : path);
}
