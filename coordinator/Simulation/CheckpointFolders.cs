using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Coordinator.Jobs;

namespace Distributed.Simulation;

/// <summary>Checkpoints in folders that the coordinator shares with its workers. Nothing of it touches libtorch.</summary>
public sealed class CheckpointFolders : ICheckpointFolders
{
    /// <inheritdoc/>
    public bool IsThere(string checkpoint) => File.Exists(Path.Combine(checkpoint, CheckpointLayout.ManifestFile));

    /// <inheritdoc/>
    public CommittedCheckpoint? LatestBeside(string checkpoint)
    {
        if (Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(checkpoint))) is not { } root) return null;
        try
        {
            return CheckpointLocation.FindLatest(new DirectoryStore(root)) is { } latest && CheckpointLayout.StepOf(latest.Name) is { } step
                ? new CommittedCheckpoint(latest.Path, step)
                : null;
        }
        catch (Exception error) when (error is CheckpointException or IOException or UnauthorizedAccessException)
        {
            return null; // what is known holds
        }
    }
}
