namespace Distributed.Coordinator.Jobs;

/// <summary>A checkpoint that is complete on disk.</summary>
/// <param name="Folder">Folder of the checkpoint.</param>
/// <param name="Step">Number of steps committed in the checkpoint.</param>
public sealed record CommittedCheckpoint(string Folder, long Step);

/// <summary>
/// Looks up checkpoints on the file system of this process. A rank commits a checkpoint, deletes older ones and only then reports it; if
/// the rank dies in between, the last checkpoint reported to the coordinator no longer exists.
/// </summary>
public interface ICheckpointFolders
{
    /// <summary>Returns whether a checkpoint still exists.</summary>
    /// <param name="checkpoint">Folder of the checkpoint.</param>
    bool Exists(string checkpoint);

    /// <summary>
    /// Finds the last committed checkpoint of a run in the parent folder of a checkpoint; null if there is none or it cannot be determined.
    /// </summary>
    /// <param name="checkpoint">Folder of the checkpoint, which need not exist any more.</param>
    /// <param name="run">Identity of the run; empty for manifests without one.</param>
    CommittedCheckpoint? FindLatestInSameFolder(string checkpoint, string run);
}
