namespace Distributed.Coordinator.Jobs.Progress;

/// <summary>The newest checkpoint of a job: the one with which it began, the last one that was reported, or a later one on disk.</summary>
/// <param name="job">The job.</param>
/// <param name="folders">Looks up checkpoints on disk; null assumes that every known checkpoint still exists.</param>
internal sealed class LatestCheckpoint(JobSpecification job, ICheckpointFolders? folders)
{
    /// <summary>The checkpoint; null if there is none.</summary>
    public CommittedCheckpoint? Known { get; private set; } =
        job.Checkpoint is { } folder ? new CommittedCheckpoint(folder, job.FirstStep) : null;

    /// <summary>Number of steps committed in the checkpoint; 0 without one.</summary>
    public long Step => Known?.Step ?? 0;

    /// <summary>Adds a checkpoint that a rank reported. An older one than the known is ignored.</summary>
    public void Report(CommittedCheckpoint saved)
    {
        if (Known is null || saved.Step >= Known.Step) Known = saved;
    }

    /// <summary>
    /// Looks for the newest checkpoint on disk. A rank may have saved a later checkpoint and deleted the known one without reporting it:
    /// the rank was lost, or no coordinator was running.
    /// </summary>
    /// <param name="furthest">
    /// Largest number of committed steps of the job. A later checkpoint belongs to an earlier run: the user deliberately resumed from an
    /// earlier checkpoint.
    /// </param>
    /// <returns>The checkpoint that was replaced; null if the known one remains.</returns>
    public CommittedCheckpoint? Refresh(long furthest)
    {
        if (Known is not { } known || folders?.FindLatestInSameFolder(known.Folder, job.Run) is not { } latest) return null;
        var isOfThisJob = latest.Step > known.Step && (job.Record is not null || latest.Step <= furthest);
        if (!isOfThisJob && folders.Exists(known.Folder)) return null;
        Known = latest;
        return known;
    }
}
