namespace Distributed.Checkpoints;

/// <summary>Turns what the disk said into what the person who runs the job needs to know.</summary>
internal static class SaveFailure
{
    /// <summary>A file of a save could not be written.</summary>
    /// <param name="file">Its path, below a temporary folder below the root.</param>
    /// <param name="bytes">Its size; what the disk had to hold.</param>
    /// <param name="folder">The temporary folder.</param>
    /// <param name="cause">What the disk said.</param>
    public static CheckpointException Writing(string file, long bytes, string folder, Exception cause)
    {
        var root = CheckpointLocation.RootOf(folder);
        if (!Directory.Exists(folder))
            return new CheckpointException($"{file}: cannot be saved, its folder is gone: another rank's part of this save failed, or a newer save has begun. This save is given up; {StillValid(root)}.", cause) { IsConsequence = true };
        return new CheckpointException(
            $"{file}: cannot be saved: {cause.Message} It needs {bytes} bytes, {FreeSpace(root)}. This save is given up and its folder removed; {StillValid(root)}. "
            + "Free space, keep fewer checkpoints or choose another folder; training can go on from memory.",
            cause);
    }

    /// <summary>Which checkpoint a resume would use now.</summary>
    public static string StillValid(string root) =>
        CheckpointLocation.LatestName(root) is { } name ? $"'{CheckpointLayout.LatestFile}' still names {name}" : "no checkpoint has been published yet";

    private static string FreeSpace(string path)
    {
        try
        {
            return $"the volume has {new DriveInfo(Path.GetFullPath(path)).AvailableFreeSpace} bytes free";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "the volume's free space is unknown";
        }
    }
}
