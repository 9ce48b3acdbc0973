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
        var doomed = folder;
        if (CheckpointLayout.StepOfTemporary(Path.GetFileName(folder)) is null)
        {
            doomed = folder + ".tmp-deleted";
            TryDelete(doomed);
            Directory.Move(folder, doomed);
        }

        Directory.Delete(doomed, recursive: true);
    }

    /// <summary>
    /// Replaces a folder by two renames. Between them no folder has the name; the old folder still exists under a temporary name.
    /// </summary>
    /// <param name="folder">The new folder.</param>
    /// <param name="replaced">The folder that is replaced, and the new name of <paramref name="folder"/>.</param>
    public static void ReplaceByTwoRenames(string folder, string replaced)
    {
        var aside = replaced + ".tmp-replaced";
        TryDelete(aside);
        Directory.Move(replaced, aside);
        Directory.Move(folder, replaced);
        TryDelete(aside);
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
