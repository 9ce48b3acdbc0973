using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Pool;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>Creates the views of jobs: the state on disk, and what a waiting job waits for.</summary>
/// <param name="table">The jobs.</param>
/// <param name="pool">The workers.</param>
internal sealed class JobViews(JobTable table, WorkerPool pool)
{
    /// <summary>All jobs, in order of submission.</summary>
    public IReadOnlyList<JobView> All
    {
        get
        {
            var snapshot = table.Snapshot;
            var first = snapshot.FirstWaiting;
            return [.. snapshot.Jobs.Select(job => Of(job, first))];
        }
    }

    /// <summary>Finds a job; null if there is none with this id.</summary>
    public JobView? Find(string id)
    {
        var snapshot = table.Snapshot;
        return snapshot.Find(id) is { } job ? Of(job, job.IsWaiting ? snapshot.FirstWaiting : null) : null;
    }

    private JobView Of(JobStatus job, JobStatus? first)
    {
        var stored = job.Stored;
        if (job.IsWaiting)
        {
            var waits = ReferenceEquals(job, first)
                ? $"waits for {Amount.Of(job.MinWorkers, "worker")}, {pool.Idle} idle" : $"waits behind {first!.Stored.Id}";
            stored = stored with { Reason = stored.Reason.Length == 0 ? waits : $"{stored.Reason}; {waits}" };
        }

        return new JobView(stored, job.Request?.Held ?? 0);
    }
}
