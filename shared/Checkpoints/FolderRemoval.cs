namespace Distributed.Checkpoints;

/// <summary>Removal that a crash cannot turn into a folder that looks whole and is not.</summary>
internal static class FolderRemoval
{
    /// <summary>
    /// Gives a committed folder a temporary name first, so that half of it never bears the name of a checkpoint;
    /// a crash in between leaves a folder that the next save removes.
    /// </summary>
    /// <exception cref="IOException">It could not be removed; the rest of it has a temporary name.</exception>
    public static void DeleteCommitted(string folder)
    {
        var doomed = folder + ".tmp-deleted";
        TryDelete(doomed);
        Directory.Move(folder, doomed);
        Directory.Delete(doomed, recursive: true);
    }

    /// <summary>Deletes a folder as far as that is possible.</summary>
    public static bool TryDelete(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Deletes a file as far as that is possible.</summary>
    public static void TryDeleteFile(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is a leftover beside the failure that is being reported.
        }
    }
}
