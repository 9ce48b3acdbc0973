namespace Distributed.Coordinator.Jobs;

/// <summary>A checkpoint that is complete on disk.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Step">Steps committed in it.</param>
public sealed record CommittedCheckpoint(string Folder, long Step);

/// <summary>
/// Where checkpoints lie, as this process sees it. Ranks commit them, delete older ones for them, and tell of it only then: one that died
/// meanwhile leaves the coordinator with a checkpoint that is there no more.
/// </summary>
public interface ICheckpointFolders
{
    /// <summary>Whether a checkpoint is still there.</summary>
    /// <param name="checkpoint">Its folder.</param>
    bool IsThere(string checkpoint);

    /// <summary>The one of the same run committed last where this one lies, or lay; null where there is none, or it cannot be told.</summary>
    /// <param name="checkpoint">Its folder.</param>
    /// <param name="run">The run's identity; empty for manifests that have none.</param>
    CommittedCheckpoint? LatestBeside(string checkpoint, string run);
}
