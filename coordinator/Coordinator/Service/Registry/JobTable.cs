using System.Diagnostics;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Storage;
using Distributed.Planning;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>
/// The jobs in memory.
/// <list type="number">
/// <item>One lock guards all jobs. It guards memory only, and is never held across disk access, callbacks or logging.</item>
/// <item>Readers take the newest <see cref="Snapshot"/>, without the lock. It holds only what is on disk.</item>
/// <item>A job's <see cref="JobEntry.Writes"/> are entered before the lock, never while it is held.</item>
/// </list>
/// </summary>
internal sealed class JobTable
{
    private JobSnapshot _snapshot = JobSnapshot.Empty; // replaced under the lock

    /// <summary>The lock, for this class and its entries.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>What readers see of all jobs.</summary>
    public JobSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>Whether the coordinator has begun to close.</summary>
    public bool IsClosing
    {
        get
        {
            lock (Gate) return IsClosing_NeedsLock;
        }
    }

    internal bool IsClosing_NeedsLock { get; private set; }

    internal bool IsHandingOver_NeedsLock { get; private set; }

    /// <summary>Adds a job that is on disk.</summary>
    /// <param name="persisted">The state on disk.</param>
    /// <param name="job">The job to run; null if it cannot run.</param>
    /// <param name="phase">The first phase.</param>
    /// <param name="current">The current state; null for the state on disk.</param>
    public JobEntry Add(StoredJob persisted, JobDescription? job, EntryPhase phase, StoredJob? current = null)
    {
        var entry = new JobEntry(this, current ?? persisted, persisted, job, phase);
        lock (Gate) Publish_NeedsLock(entry.Status_NeedsLock);
        return entry;
    }

    /// <summary>Finds a job; null if there is none with this id.</summary>
    public JobEntry? Find(string id) => Snapshot.Find(id)?.Entry;

    /// <summary>
    /// Reserves workers for waiting jobs in order of submission, up to the first whose workers are not available yet.
    /// </summary>
    /// <returns>The jobs to start; none once the coordinator has begun to close.</returns>
    public IReadOnlyList<JobEntry> ReserveForWaiting(WorkerPool pool)
    {
        lock (Gate)
        {
            var starting = new List<JobEntry>();
            foreach (var job in IsClosing_NeedsLock ? [] : _snapshot.Jobs.Where(job => job.Phase == EntryPhase.Waiting))
            {
                if (pool.TryReserve(new JobId(job.Stored.Id), job.Stored.Workers, job.MinWorkers) is not { } request) break;
                job.Entry.Reserve_NeedsLock(request);
                starting.Add(job.Entry);
            }

            return starting;
        }
    }

    /// <summary>Reserves workers for jobs whose workers may still be running.</summary>
    /// <returns>The jobs to start.</returns>
    public IReadOnlyList<JobEntry> ReserveForReclaimable(WorkerPool pool)
    {
        lock (Gate)
        {
            var starting = _snapshot.Jobs.Where(job => job.Phase == EntryPhase.Reclaimable).ToArray();
            foreach (var job in starting) job.Entry.Reserve_NeedsLock(pool.Reclaim(new JobId(job.Stored.Id), job.Stored.Workers));
            return [.. starting.Select(job => job.Entry)];
        }
    }

    /// <summary>Starts no more jobs from now on.</summary>
    /// <returns>The running jobs.</returns>
    public IReadOnlyList<JobEntry> Close()
    {
        lock (Gate)
        {
            IsClosing_NeedsLock = true;
            return [.. _snapshot.Jobs.Where(job => job.Phase == EntryPhase.Running).Select(job => job.Entry)];
        }
    }

    /// <summary>Leaves the running jobs to the next coordinator.</summary>
    public void HandOver()
    {
        lock (Gate) IsHandingOver_NeedsLock = true;
    }

    /// <summary>Completes when every current run of the given jobs has ended.</summary>
    public Task WhenEndedAsync(IEnumerable<JobEntry> entries)
    {
        lock (Gate) return Task.WhenAll(entries.Select(entry => entry.Run_NeedsLock));
    }

    internal JobStatus Publish_NeedsLock(JobStatus job)
    {
        Debug.Assert(Gate.IsHeldByCurrentThread);
        Volatile.Write(ref _snapshot, _snapshot.With(job));
        return job;
    }
}
