using Distributed.Tensors.Safetensors;

namespace Distributed.Checkpoints;

/// <summary>
/// Checks the tensor entries of a manifest before any file is opened. <see cref="ShardFiles"/> checks whether the files agree with them.
/// </summary>
internal static class EntryRules
{
    /// <summary>
    /// Checks that every entry points into the manifest's own folder and to a valid range of a file, and that a file holds tensors of one
    /// kind.
    /// </summary>
    /// <exception cref="CheckpointException">An entry is wrong; the message has the first one, with its tensor.</exception>
    public static void Check(string path, IReadOnlyList<ManifestEntry?> entries)
    {
        var kinds = new Dictionary<string, TensorKind>();
        var total = 0L;
        foreach (var entry in entries)
        {
            if (entry is null || !Enum.IsDefined(entry.Kind)) throw new CheckpointException($"{path}: holds a tensor without a kind.");
            if (Problem(entry) is { } problem) throw Wrong(path, entry, problem);
            if (entry.Length > long.MaxValue - total) throw Wrong(path, entry, $"length {entry.Length} and those before it overflow.");
            total += entry.Length;
            if (!kinds.TryAdd(entry.File, entry.Kind) && kinds[entry.File] != entry.Kind)
            {
                throw Wrong(
                    path,
                    entry,
                    $"is of kind {entry.Kind.ToText()}, those before it in {SafetensorsException.Quote(entry.File)} are not; "
                        + "a file holds one kind.");
            }
        }
    }

    private static string? Problem(ManifestEntry entry)
    {
        if (entry.File.Length == 0 || entry.File is "." or ".." || entry.File.AsSpan().ContainsAny('/', '\\')
            || entry.File.Any(char.IsControl) || Path.IsPathRooted(entry.File))
            return $"file {SafetensorsException.Quote(entry.File)} must be a plain name in the same folder.";
        if (entry.Offset < 0 || entry.Length < 0 || entry.Length > long.MaxValue - entry.Offset || entry.Shape.Any(s => s < 0))
        {
            return $"offset {entry.Offset}, length {entry.Length} and shape {TensorEntry.Describe(entry.Shape)} "
                + "must not be negative or overflow.";
        }

        if (SafetensorsDtype.Find(entry.Dtype) is null)
            return $"dtype {SafetensorsException.Quote(entry.Dtype)} is not known; known are {string.Join(", ", SafetensorsDtype.All)}.";
        return TensorHash.Problem(entry.Hash);
    }

    private static CheckpointException Wrong(string path, ManifestEntry entry, string problem) =>
        new($"{path}: tensor {SafetensorsException.Quote(entry.Name)}: {problem}");
}
