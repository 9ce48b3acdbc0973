using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Safetensors;

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
        if (cause is FolderGoneException) return Because("", cause);
        if (!folder.Store.Holds(""))
        {
            return new CheckpointException($"{path}: cannot be saved, the folder of the run's checkpoints is gone: it was removed or renamed.", cause)
            {
                Cause = CheckpointFailureCause.FolderGone,
            };
        }

        // A folder that is being removed loses its files first.
        if (cause is FileNotFoundException or DirectoryNotFoundException || !folder.Store.Holds(folder.Name))
        {
            return new CheckpointException(
                $"{path}: cannot be saved, its folder is gone: another rank's part of this save failed, or a newer save has begun. "
                + $"This save is given up; {StillValid(folder.Store)}.",
                cause)
            {
                Cause = CheckpointFailureCause.Consequence,
            };
        }

        return new CheckpointException(
            $"{path}: cannot be saved: {cause.Message} It needs {bytes} bytes, {FreeSpace(folder.Store)}. This save is given up and its folder removed; {StillValid(folder.Store)}. "
            + "Free space, keep fewer checkpoints or choose another folder.",
            cause);
    }

    /// <summary>What to report of a failed change: a folder that is gone says all by itself.</summary>
    public static CheckpointException Because(string message, Exception cause) =>
        new(cause is FolderGoneException ? cause.Message : message, cause);

    /// <summary>A tensor has a value that is not finite.</summary>
    public static CheckpointException NotFinite(StoredFolder folder, string file, string tensor) => new(
        $"{folder.PathOf(file)}: tensor {SafetensorsException.Quote(tensor)} has a value that is not finite (NaN or infinity). "
        + $"This save is given up; {StillValid(folder.Store)}.")
    {
        Cause = CheckpointFailureCause.NotFinite, Tensor = tensor,
    };

    /// <summary>Another run has committed the step.</summary>
    public static CheckpointException OtherRun(OwnedCheckpoint there) => new(
        $"{there.Folder}: is there already, of another run: {CheckpointRuns.Describe([there])}. It is not replaced; move it away, or save into "
        + $"another folder (checkpoint.directory). {StillValid(there.Folder.Store)}.")
    {
        Cause = CheckpointFailureCause.OtherRun,
    };

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
