using System.Collections.Immutable;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Storage;
using Distributed.Planning;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>What readers see of a job. Immutable.</summary>
/// <param name="Entry">The job.</param>
/// <param name="Stored">The state on disk.</param>
/// <param name="Phase">What the registry does with the job.</param>
/// <param name="Running">The running job; null unless it is <see cref="EntryPhase.Running"/>.</param>
/// <param name="Request">The job's request for workers; null if it has none.</param>
internal sealed record JobStatus(JobEntry Entry, StoredJob Stored, EntryPhase Phase, IRunningJob? Running, WorkerRequest? Request)
{
    /// <summary>Whether the job waits for workers as far as the disk states: a stop that is being written has not ended the wait.</summary>
    public bool IsWaiting => Phase is EntryPhase.Waiting or EntryPhase.Stopping;

    /// <summary>
    /// Number of workers with which a waiting job starts. A job that has run before resumes with fewer workers than its target; its state
    /// machine waits a while for the others.
    /// </summary>
    public int MinWorkers => Entry.Job is { } job && Stored.StepEpoch > 0
        ? Enumerable.Range(1, Stored.Workers).FirstOrDefault(
            workers => Grids.Fitting(workers, job.Plan)?.World >= job.Recovery.MinWorkers, Stored.Workers)
        : Stored.Workers;
}

/// <summary>What readers see of all jobs. Immutable.</summary>
internal sealed class JobSnapshot
{
    private readonly ImmutableSortedDictionary<long, JobStatus> _jobs; // by number
    private readonly ImmutableDictionary<string, long> _numbers; // by id

    private JobSnapshot(ImmutableSortedDictionary<long, JobStatus> jobs, ImmutableDictionary<string, long> numbers) =>
        (_jobs, _numbers) = (jobs, numbers);

    /// <summary>A snapshot without jobs.</summary>
    public static JobSnapshot Empty { get; } =
        new(ImmutableSortedDictionary<long, JobStatus>.Empty, ImmutableDictionary<string, long>.Empty);

    /// <summary>All jobs, in order of submission.</summary>
    public IEnumerable<JobStatus> Jobs => _jobs.Values;

    /// <summary>The first job that waits for workers; null if none waits.</summary>
    public JobStatus? FirstWaiting => Jobs.FirstOrDefault(job => job.IsWaiting);

    /// <summary>Finds a job; null if there is none with this id.</summary>
    public JobStatus? Find(string id) => _numbers.TryGetValue(id, out var number) ? _jobs[number] : null;

    /// <summary>Returns a snapshot in which a job is added or replaced.</summary>
    public JobSnapshot With(JobStatus job) =>
        new(_jobs.SetItem(job.Stored.Number, job), _numbers.SetItem(job.Stored.Id, job.Stored.Number));
}
