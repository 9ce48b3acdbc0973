namespace Distributed.Checkpoints.Stores;

/// <summary>Removal that a crash cannot turn into a folder that looks whole and is not.</summary>
internal static class FolderRemoval
{
    /// <summary>
    /// Gives a committed folder a temporary name first, so that half of it never bears the name of a checkpoint;
    /// a crash in between leaves a folder that the next save removes.
    /// </summary>
    /// <exception cref="IOException">It could not be removed; the rest of it has a temporary name.</exception>
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

    /// <summary>Between the two renames there is no folder of that name; the old one is still there under a temporary name.</summary>
    public static void ReplaceByTwoRenames(string folder, string replaced)
    {
        var aside = replaced + ".tmp-replaced";
        TryDelete(aside);
        Directory.Move(replaced, aside);
        Directory.Move(folder, replaced);
        TryDelete(aside);
    }

    /// <summary>Deletes a folder as far as that is possible.</summary>
    public static void TryDelete(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is a leftover; the next save tries again.
        }
    }
}
