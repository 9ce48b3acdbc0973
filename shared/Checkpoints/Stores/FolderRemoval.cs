namespace Distributed.Checkpoints.Stores;

/// <summary>Removes folders so that a crash never leaves a partly removed folder under the name of a checkpoint.</summary>
internal static class FolderRemoval
{
    /// <summary>
    /// Renames a committed folder to a temporary name, then removes it. A crash in between leaves a temporary folder, which the next save
    /// removes.
    /// </summary>
    /// <exception cref="IOException">The folder could not be removed; the rest of it has a temporary name.</exception>
    public static void Delete(string folder)
    {
        var removed = folder;
        if (CheckpointLayout.StepOfTemporary(Path.GetFileName(folder)) is null)
        {
            removed = folder + ".tmp-deleted";
            TryDelete(removed);
            Directory.Move(folder, removed);
        }

        Directory.Delete(removed, recursive: true);
    }

    /// <summary>
    /// Replaces a folder by two renames. Between them no folder has the name; the old folder still exists under a temporary name.
    /// </summary>
    /// <param name="folder">The new folder.</param>
    /// <param name="replaced">The folder that is replaced, and the new name of <paramref name="folder"/>.</param>
    public static void ReplaceByTwoRenames(string folder, string replaced)
    {
        var previous = replaced + ".tmp-replaced";
        TryDelete(previous);
        Directory.Move(replaced, previous);
        Directory.Move(folder, replaced);
        TryDelete(previous);
    }

    /// <summary>Deletes a folder as far as possible; ignores errors.</summary>
    public static void TryDelete(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next save removes it.
        }
    }
}
