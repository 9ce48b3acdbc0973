using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Storage;
using Distributed.Planning;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>
/// All jobs of this coordinator, from their submission on; ended jobs stay.
/// <list type="number">
/// <item>Jobs start in order of submission, each when the pool has all workers of its target, or, for a job that has run before, its
/// minimum. Jobs therefore run side by side if there are enough workers, and smaller jobs do not overtake a large one.</item>
/// <item>A job is on disk before its submission is answered, and its end is on disk before it is shown. User requests are on disk before
/// they are answered, and are repeated to the next coordinator that runs the job.</item>
/// <item>A slow disk delays only the requests that write. Submissions are written one at a time, and so are the requests of each job.
/// Readers receive the state on disk and wait for no request.</item>
/// <item>If the coordinator was killed, its jobs continue with the workers that return, which have continued to train. Jobs that a regular
/// shutdown stopped, or that have no workers left, resume from their newest checkpoint.</item>
/// </list>
/// </summary>
public sealed class JobRegistry : IAsyncDisposable
{
    private readonly JobTable _table = new();
    private readonly WriteQueue _submissions = new();
    private readonly CancellationTokenSource _abandon = new(), _close = new();
    private readonly WorkerPool _pool;
    private readonly IStateStore _store;
    private readonly TimeProvider _time;
    private readonly JobStateWriter _states;
    private readonly JobScheduler _scheduler;
    private readonly JobViews _views;
    private int _disposed;

    /// <summary>Restores the stored jobs; none starts before <see cref="Start"/>.</summary>
    public JobRegistry(WorkerPool pool, IJobFactory factory, IJobReader reader, IStateStore store, MetricsHistory metrics,
        TimeProvider time, ILogger<JobRegistry> logger)
    {
        (_pool, _store, _time) = (pool, store, time);
        _states = new JobStateWriter(store, time, logger);
        _views = new JobViews(_table, pool);
        var retrying = new RetryingWriter(time, _close.Token, _abandon.Token);
        var runner = new JobRunner(_table, _states, retrying, time, logger, _close.Token, _abandon.Token);
        _scheduler = new JobScheduler(_table, pool, factory, runner, retrying, store, metrics, time, logger);
        new JobRestorer(reader, store, _states, time).RestoreInto(_table);
    }

    /// <summary>All jobs, in order of submission.</summary>
    public IReadOnlyList<JobView> Jobs => _views.All;

    /// <summary>Starts jobs from now on; first those whose workers may still be running.</summary>
    public void Start() => _scheduler.Start();

    /// <summary>Finds a job; null if there is none with this id.</summary>
    public JobView? Find(string id) => _views.Find(id);

    /// <summary>Adds a job.</summary>
    /// <param name="accepted">The job, with its warnings.</param>
    /// <param name="requestKey">A repeated submission with the same key returns the same job; null if no submission is repeated.</param>
    /// <exception cref="IOException">The job cannot be stored; nothing has changed.</exception>
    public JobView Submit(AcceptedJob accepted, string? requestKey = null)
    {
        var (id, isNew) = _submissions.Run(() => Add(accepted, requestKey)); // one at a time: the numbers are the order of the starts
        if (isNew) _scheduler.Schedule();
        return Find(id)!;
    }

    /// <summary>Requests that a job ends. A waiting job is stopped at once; a job that has ended is unchanged.</summary>
    /// <returns>The current state of the job; null if there is none with this id.</returns>
    /// <exception cref="IOException">The request cannot be stored; nothing has changed.</exception>
    public JobView? Stop(string id, bool save, string reason)
    {
        if (_table.Find(id) is not { } entry) return null;
        try
        {
            if (entry.Writes.Run(() => Stop(entry, save, reason))) entry.Signal.Notify();
        }
        finally
        {
            _scheduler.Schedule(); // the jobs behind it, or the job itself if its end could not be written
        }

        return Find(id);
    }

    /// <summary>Requests that a job continues with another number of workers, or with as many of them as it can use.</summary>
    /// <returns>Whether the job runs; otherwise the request has no effect.</returns>
    /// <exception cref="IOException">The request cannot be stored; nothing has changed.</exception>
    public bool Scale(string id, int workers) => _table.Find(id) is { Job: { } job } entry && entry.Writes.Run(() =>
    {
        if (!IsStarted(entry)) return false;
        var wanted = Grids.Fitting(workers, job.Plan)?.World ?? entry.Current.Workers;
        var status = StoreRequest(entry, stored => stored with { Workers = wanted });
        // Before the job returns workers, so that they are not offered to it again.
        status.Request?.SetTarget(wanted + job.Recovery.Spares);
        status.Running?.RequestScale(wanted);
        return true;
    });

    /// <summary>Requests that a job pauses after the current step, or resumes.</summary>
    /// <returns>Whether the job runs; otherwise the request has no effect.</returns>
    /// <exception cref="IOException">The request cannot be stored; nothing has changed.</exception>
    public bool Pause(string id, bool pause) => _table.Find(id) is { } entry && entry.Writes.Run(() =>
    {
        if (!IsStarted(entry)) return false;
        var running = StoreRequest(entry, stored => stored with { IsPauseRequested = pause }).Running;
        if (pause) running?.RequestPause();
        else running?.RequestResume();
        return true;
    });

    /// <summary>The running job; null if it does not run.</summary>
    public IRunningJob? Running(string id) => _table.Snapshot.Find(id)?.Running;

    /// <summary>Completes at the first stored change of a job after the call.</summary>
    /// <exception cref="KeyNotFoundException">There is no such job.</exception>
    public Task ChangeOf(string id) =>
        (_table.Find(id) ?? throw new KeyNotFoundException($"There is no job {id}.")).Signal.Next;

    /// <summary>Starts no more jobs, requests that running jobs save and stop, and waits for them. They resume at the next start.</summary>
    /// <param name="reason">Reason for the jobs' outcome.</param>
    public async Task CloseAsync(string reason)
    {
        var running = _table.Close();
        _scheduler.Stop();
        await _close.CancelAsync().ConfigureAwait(false);
        foreach (var entry in running) entry.Status.Running?.RequestStop(save: true, reason);
        await _table.WhenEndedAsync(running).ConfigureAwait(false);
    }

    /// <summary>
    /// Starts no more jobs, requests a checkpoint of each running job, and leaves the jobs to the next coordinator: their workers continue,
    /// and join it. Waits for jobs whose workers were requested to end, until their state is saved and the workers have left.
    /// </summary>
    /// <param name="atMost">Maximum time to wait in all.</param>
    /// <returns>For each running job, the reason why it has no new checkpoint; null if it has one.</returns>
    public async Task<IReadOnlyList<(JobView Job, string? Problem)>> HandOverAsync(TimeSpan atMost)
    {
        var running = _table.Close();
        _scheduler.Stop();
        using var bound = new CancellationTokenSource(atMost, _time);
        var saves = running.Select(entry => (Entry: entry, Save: SaveAsync(entry, atMost, bound.Token))).ToArray();
        await Task.WhenAll(saves.Select(each => each.Save)).ConfigureAwait(false);
        await _pool.WaitForLeavingWorkersAsync(bound.Token).ConfigureAwait(false);
        _pool.HandOver();
        _table.HandOver();
        await DisposeAsync().ConfigureAwait(false);
        return [.. saves.Select(each => (Find(each.Entry.Current.Id)!, each.Save.Result))];
    }

    private static async Task<string?> SaveAsync(JobEntry entry, TimeSpan atMost, CancellationToken bound)
    {
        try
        {
            return entry.Status.Running is { } running ? await running.RequestSave().WaitAsync(bound).ConfigureAwait(false) : null;
        }
        catch (OperationCanceledException)
        {
            return $"no checkpoint was saved within {atMost.TotalSeconds:0} s";
        }
    }

    /// <summary>Abandons the jobs that still run.</summary>
    public async ValueTask DisposeAsync()
    {
        _table.Close();
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _abandon.CancelAsync().ConfigureAwait(false);
        await _table.WhenEndedAsync(_table.Snapshot.Jobs.Select(job => job.Entry)).ConfigureAwait(false);
        _abandon.Dispose();
        _close.Dispose();
    }

    private (string Id, bool IsNew) Add(AcceptedJob accepted, string? requestKey)
    {
        var job = accepted.Job;
        var stored = _store.Add(new StoredJob
        {
            Name = job.Plan.Name, JobJson = job.JobJson, Submitted = _time.GetUtcNow(), Workers = job.Workers, Steps = job.Plan.Steps,
            RequestKey = requestKey,
        });
        if (_table.Find(stored.Id) is not null) return (stored.Id, false);
        _states.Note(stored, "submitted", $"submitted: {Amount.Of(stored.Workers, "worker")}, {Amount.Of(stored.Steps, "step")}");
        foreach (var warning in accepted.Warnings) _states.Note(stored, "warning", $"warning: {warning}");
        _table.Add(stored, job, EntryPhase.Waiting);
        return (stored.Id, true);
    }

    // Returns whether the job has ended by this call.
    private bool Stop(JobEntry entry, bool save, string reason)
    {
        var current = entry.Current;
        if (current.State.IsTerminal()) return false;
        var status = current.Stop is null or { Save: true }
            ? StoreRequest(entry, job => job with { Stop = new StopRequest(save, reason) }) : entry.Status;
        status.Running?.RequestStop(save, reason);
        if (!entry.TryBeginStopping()) return false; // a job that starts receives the request at its start
        try
        {
            var stopped = JobEnding.Stopped(entry.Current, reason, _time.GetUtcNow());
            _states.SaveEnd(stopped);
            entry.PublishEnd(stopped);
            return true;
        }
        catch
        {
            entry.CancelStopping();
            throw;
        }
    }

    private static bool IsStarted(JobEntry entry) => entry.Status.Phase is EntryPhase.Starting or EntryPhase.Running;

    // Stored first: a caller that has its answer may rely on the request.
    private JobStatus StoreRequest(JobEntry entry, Func<StoredJob, StoredJob> request)
    {
        _store.SaveRequests(request(entry.Current));
        return entry.PublishRequest(request);
    }
}
