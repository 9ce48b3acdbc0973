using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints;

/// <summary>Turns what the disk said into what the person who runs the job needs to know.</summary>
internal static class SaveFailure
{
    /// <summary>A file of a save could not be written.</summary>
    /// <param name="folder">The temporary folder.</param>
    /// <param name="file">Its name.</param>
    /// <param name="bytes">Its size; what the disk had to hold.</param>
    /// <param name="cause">What the disk said.</param>
    public static CheckpointException Writing(StoredFolder folder, string file, long bytes, Exception cause)
    {
        var path = folder.PathOf(file);
        // A folder that is being removed loses its files first.
        if (cause is FileNotFoundException or DirectoryNotFoundException || !folder.Store.Holds(folder.Name))
            return new CheckpointException($"{path}: cannot be saved, its folder is gone: another rank's part of this save failed, or a newer save has begun. This save is given up; {StillValid(folder.Store)}.", cause) { IsConsequence = true };
        return new CheckpointException(
            $"{path}: cannot be saved: {cause.Message} It needs {bytes} bytes, {FreeSpace(folder.Store)}. This save is given up and its folder removed; {StillValid(folder.Store)}. "
            + "Free space, keep fewer checkpoints or choose another folder; training can go on from memory.",
            cause);
    }

    /// <summary>Which checkpoint a resume would use now.</summary>
    public static string StillValid(ICheckpointStore store)
    {
        try
        {
            return CheckpointLocation.LatestName(store) is { } name ? $"'{CheckpointLayout.LatestFile}' still names {name}" : "no checkpoint has been published yet";
        }
        catch (CheckpointException e)
        {
            return e.Message.TrimEnd('.'); // what is being reported is another problem
        }
    }

    private static string FreeSpace(ICheckpointStore store) => store.FreeBytes is { } free ? $"the volume has {free} byte{(free == 1 ? "" : "s")} free" : "the volume's free space is unknown";
}
