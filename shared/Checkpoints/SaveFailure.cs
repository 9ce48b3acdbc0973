using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Safetensors;

namespace Distributed.Checkpoints;

/// <summary>Turns errors of the store into messages for the user who runs the job.</summary>
internal static class SaveFailure
{
    /// <summary>A file of a save could not be written.</summary>
    /// <param name="folder">The temporary folder.</param>
    /// <param name="file">Name of the file.</param>
    /// <param name="bytes">Size of the file in bytes.</param>
    /// <param name="cause">The store's error.</param>
    public static CheckpointException Writing(StoredFolder folder, string file, long bytes, Exception cause)
    {
        var path = folder.PathOf(file);
        if (cause is FolderMissingException) return Because("", cause);
        if (!folder.Store.Exists(""))
        {
            return new CheckpointException(
                $"{path}: cannot be saved: the folder of the run's checkpoints no longer exists: it was removed or renamed.", cause)
            {
                Cause = CheckpointFailureCause.FolderMissing,
            };
        }

        // A folder that is being removed loses its files first.
        if (cause is FileNotFoundException or DirectoryNotFoundException || !folder.Store.Exists(folder.Name))
        {
            return new CheckpointException(
                $"{path}: cannot be saved: its folder no longer exists, "
                + "because another rank's part of this save failed or a newer save has begun. "
                + $"This save is abandoned; {StillValid(folder.Store)}.",
                cause)
            {
                Cause = CheckpointFailureCause.Consequence,
            };
        }

        return new CheckpointException(
            $"{path}: cannot be saved: {cause.Message} It needs {bytes} bytes, {FreeSpace(folder.Store)}. "
            + $"This save is abandoned and its folder removed; {StillValid(folder.Store)}. "
            + "Free space, keep fewer checkpoints or choose another folder.",
            cause);
    }

    /// <summary>A change failed. If the root no longer exists, the cause's own message is used.</summary>
    public static CheckpointException Because(string message, Exception cause) =>
        new(cause is FolderMissingException ? cause.Message : message, cause);

    /// <summary>A tensor has a value that is not finite.</summary>
    public static CheckpointException NotFinite(StoredFolder folder, string file, string tensor) => new(
        $"{folder.PathOf(file)}: tensor {SafetensorsException.Quote(tensor)} has a value that is not finite (NaN or infinity). "
        + $"This save is abandoned; {StillValid(folder.Store)}.")
    {
        Cause = CheckpointFailureCause.NotFinite, Tensor = tensor,
    };

    /// <summary>Another run has committed the step.</summary>
    public static CheckpointException OtherRun(OwnedCheckpoint there) => new(
        $"{there.Folder}: already exists and belongs to another run: {CheckpointRuns.Describe([there])}. It is not replaced; move it away, "
        + $"or save into another folder (checkpoint.directory). {StillValid(there.Folder.Store)}.")
    {
        Cause = CheckpointFailureCause.OtherRun,
    };

    /// <summary>States which checkpoint a resume would use now, as the end of a message.</summary>
    public static string StillValid(ICheckpointStore store)
    {
        try
        {
            return CheckpointLocation.LatestName(store) is { } name
                ? $"'{CheckpointLayout.LatestFile}' still names {name}"
                : "no checkpoint has been published yet";
        }
        catch (CheckpointException e)
        {
            return e.Message.TrimEnd('.'); // the caller reports another problem
        }
    }

    private static string FreeSpace(ICheckpointStore store) => store.FreeBytes is { } free
        ? $"the volume has {free} byte{(free == 1 ? "" : "s")} free"
        : "the volume's free space is unknown";
}
