using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Coordinator.Jobs;

namespace Distributed.Cli;

/// <summary>Finds checkpoints in folders that the coordinator shares with its workers. Does not load libtorch.</summary>
public sealed class CheckpointFolders : ICheckpointFolders
{
    /// <inheritdoc/>
    public bool Exists(string checkpoint) => File.Exists(Path.Combine(checkpoint, CheckpointLayout.ManifestFile));

    /// <inheritdoc/>
    public CommittedCheckpoint? FindLatestInSameFolder(string checkpoint, string run)
    {
        if (Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(checkpoint))) is not { } root) return null;
        var identity = run.Length == 0 ? null : run;
        var store = new DirectoryStore(root);
        try
        {
            if (CheckpointLocation.FindLatest(store) is not { } latest) return null;
            return CheckpointRuns.Of(latest) is var found && found.IsOf(identity) ? Committed(found) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // not readable now: the checkpoint that the caller knows stays valid
        }
        catch (CheckpointException)
        {
            return Newest(store, identity); // the checkpoint that 'latest' names is damaged
        }
    }

    private static CommittedCheckpoint? Newest(DirectoryStore store, string? run)
    {
        try
        {
            return CheckpointRuns.All(store).LastOrDefault(checkpoint => checkpoint.IsOf(run)) is { } newest ? Committed(newest) : null;
        }
        catch (Exception error) when (error is CheckpointException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static CommittedCheckpoint Committed(OwnedCheckpoint checkpoint) => new(checkpoint.Folder.Path, checkpoint.Step);
}
