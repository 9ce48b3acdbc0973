namespace Distributed.Data.Corpora.Files;

/// <summary>An entry of a corpus directory that is skipped.</summary>
/// <param name="RelativePath">The path below the corpus, with '/'.</param>
/// <param name="Reason">Why the entry is skipped, and how its text can be read.</param>
public sealed record SkippedFile(string RelativePath, string Reason)
{
    private const int Shown = 5;

    /// <summary>One message about all skipped entries; null if there are none.</summary>
    /// <param name="corpus">The corpus's name.</param>
    /// <param name="skipped">The skipped entries.</param>
    /// <param name="read">The number of files that are read.</param>
    internal static string? Describe(string corpus, IReadOnlyList<SkippedFile> skipped, int read)
    {
        if (skipped.Count == 0) return null;
        var named = skipped.Take(Shown).Select(file => $"{file.RelativePath} ({file.Reason})");
        var more = skipped.Count > Shown ? $"; and {skipped.Count - Shown} more" : "";
        return $"The corpus '{corpus}' has {skipped.Count + read} entries, of which {read} {(read == 1 ? "is" : "are")} read "
            + $"and {skipped.Count} skipped: {string.Join("; ", named)}{more}.";
    }
}
