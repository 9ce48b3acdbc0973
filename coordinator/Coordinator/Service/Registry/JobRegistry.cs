using System.Diagnostics;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Storage;
using Distributed.Planning;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>
/// All jobs of this coordinator, from their submission on; ended jobs stay.
/// <list type="number">
/// <item>Jobs start in order of submission, each when the pool has all workers of its target, or, for a job that has run before, its
/// minimum. Jobs therefore run side by side if there are enough workers, and smaller jobs do not overtake a large one.</item>
/// <item>A job is on disk before its submission is answered, and its end is on disk before it is shown. User requests are on disk before
/// they are answered, and are repeated to the next coordinator that runs the job.</item>
/// <item>If the coordinator was killed, its jobs continue with the workers that return, which have continued to train. Jobs that a regular
/// shutdown stopped, or that have no workers left, resume from their newest checkpoint.</item>
/// </list>
/// </summary>
public sealed partial class JobRegistry : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<JobEntry> _entries = [];
    private readonly CancellationTokenSource _abandon = new(), _close = new();
    private readonly RetryingWriter _writer;
    private readonly WorkerPool _pool;
    private readonly IJobFactory _factory;
    private readonly StateStore _store;
    private readonly MetricsHistory _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private bool _closing, _handingOver;
    private int _disposed;

    /// <summary>Restores the stored jobs; none starts before <see cref="Start"/>.</summary>
    public JobRegistry(WorkerPool pool, IJobFactory factory, IJobReader reader, StateStore store, MetricsHistory metrics, TimeProvider time,
        ILogger<JobRegistry> logger)
    {
        (_pool, _factory, _store, _metrics, _time, _logger) = (pool, factory, store, metrics, time, logger);
        _writer = new RetryingWriter(time, _close.Token, _abandon.Token);
        _entries.AddRange(store.Jobs().Select(stored => Restore(stored, reader)));
    }

    /// <summary>All jobs, in order of submission.</summary>
    public IReadOnlyList<JobView> Jobs
    {
        get
        {
            lock (_gate) return [.. _entries.Select(View_NeedsLock)];
        }
    }

    /// <summary>Starts jobs from now on; first those whose workers may still be running.</summary>
    public void Start()
    {
        lock (_gate)
            foreach (var entry in _entries.Where(entry => entry.MayHaveRunningWorkers).ToArray())
                Begin_NeedsLock(entry, entry.Job!, _pool.Reclaim(new JobId(entry.Current.Id), entry.Current.Workers));
        _pool.Changed += Schedule;
        Schedule();
    }

    /// <summary>Finds a job; null if there is none with this id.</summary>
    public JobView? Find(string id)
    {
        lock (_gate) return Entry_NeedsLock(id) is { } entry ? View_NeedsLock(entry) : null;
    }

    /// <summary>Adds a job.</summary>
    /// <param name="accepted">The job, with its warnings.</param>
    /// <param name="requestKey">A repeated submission with the same key returns the same job; null if no submission is repeated.</param>
    /// <exception cref="IOException">The job cannot be stored; nothing has changed.</exception>
    public JobView Submit(AcceptedJob accepted, string? requestKey = null)
    {
        var job = accepted.Job;
        JobEntry entry;
        lock (_gate)
        {
            var stored = _store.Add(new StoredJob
            {
                Name = job.Plan.Name, JobJson = job.JobJson, Submitted = _time.GetUtcNow(), Workers = job.Workers, Steps = job.Plan.Steps,
                RequestKey = requestKey,
            });
            if (Entry_NeedsLock(stored.Id) is { } known) return View_NeedsLock(known);
            _entries.Add(entry = new JobEntry(stored, job));
        }

        Note(entry, "submitted", $"submitted: {Amount.Of(entry.Current.Workers, "worker")}, {Amount.Of(entry.Current.Steps, "step")}");
        foreach (var warning in accepted.Warnings) Note(entry, "warning", $"warning: {warning}");
        Schedule();
        return Find(entry.Current.Id)!;
    }

    /// <summary>Requests that a job ends. A waiting job is stopped at once; a job that has ended is unchanged.</summary>
    /// <returns>The current state of the job; null if there is none with this id.</returns>
    /// <exception cref="IOException">The request cannot be stored; nothing has changed.</exception>
    public JobView? Stop(string id, bool save, string reason)
    {
        JobEntry? entry;
        IRunningJob? running;
        lock (_gate)
        {
            entry = Entry_NeedsLock(id);
            if (entry is null) return null;
            if (entry.Current.State.IsTerminal()) return View_NeedsLock(entry);
            if (entry.Current.Stop is null or { Save: true })
                RecordRequest_NeedsLock(entry, job => job with { Stop = new StopRequest(save, reason) });
            running = entry.Running;
        }

        running?.RequestStop(save, reason);
        if (running is null) EndWaiting(entry, reason);
        return Find(id);
    }

    /// <summary>Requests that a job continues with another number of workers, or with as many of them as it can use.</summary>
    /// <returns>Whether the job runs; otherwise the request has no effect.</returns>
    /// <exception cref="IOException">The request cannot be stored; nothing has changed.</exception>
    public bool Scale(string id, int workers)
    {
        lock (_gate)
        {
            if (Entry_NeedsLock(id) is not { Running: { } running, Request: { } request, Job: { } job } entry) return false;
            var wanted = Grids.Fitting(workers, job.Plan)?.World ?? entry.Current.Workers;
            RecordRequest_NeedsLock(entry, stored => stored with { Workers = wanted });
            request.SetTarget(wanted + job.Recovery.Spares); // before the job returns workers, so that they are not offered to it again
            running.RequestScale(wanted);
            return true;
        }
    }

    /// <summary>Requests that a job pauses after the current step, or resumes.</summary>
    /// <returns>Whether the job runs; otherwise the request has no effect.</returns>
    /// <exception cref="IOException">The request cannot be stored; nothing has changed.</exception>
    public bool Pause(string id, bool pause)
    {
        lock (_gate)
        {
            if (Entry_NeedsLock(id) is not { Running: { } running } entry) return false;
            RecordRequest_NeedsLock(entry, stored => stored with { IsPauseRequested = pause });
            if (pause) running.RequestPause();
            else running.RequestResume();
            return true;
        }
    }

    /// <summary>The running job; null if it does not run.</summary>
    public IRunningJob? Running(string id)
    {
        lock (_gate) return Entry_NeedsLock(id)?.Running;
    }

    /// <summary>Completes at the first stored change of a job after the call.</summary>
    /// <exception cref="KeyNotFoundException">There is no such job.</exception>
    public Task ChangeOf(string id)
    {
        lock (_gate) return (Entry_NeedsLock(id) ?? throw new KeyNotFoundException($"There is no job {id}.")).Signal.Next;
    }

    /// <summary>Starts no more jobs, requests that running jobs save and stop, and waits for them. They resume at the next start.</summary>
    /// <param name="reason">Reason for the jobs' outcome.</param>
    public async Task CloseAsync(string reason)
    {
        JobEntry[] running;
        lock (_gate)
        {
            _closing = true;
            running = [.. _entries.Where(entry => entry.Running is not null)];
        }

        _pool.Changed -= Schedule;
        await _close.CancelAsync().ConfigureAwait(false);
        foreach (var entry in running) entry.Running?.RequestStop(save: true, reason);
        await Task.WhenAll(running.Select(entry => entry.Run)).ConfigureAwait(false);
    }

    /// <summary>
    /// Starts no more jobs, requests a checkpoint of each running job, and leaves the jobs to the next coordinator: their workers continue,
    /// and join it. Waits for jobs whose workers were requested to end, until their state is saved and the workers have left.
    /// </summary>
    /// <param name="atMost">Maximum time to wait in all.</param>
    /// <returns>For each running job, the reason why it has no new checkpoint; null if it has one.</returns>
    public async Task<IReadOnlyList<(JobView Job, string? Problem)>> HandOverAsync(TimeSpan atMost)
    {
        JobEntry[] running;
        lock (_gate)
        {
            _closing = true;
            running = [.. _entries.Where(entry => entry.Running is not null)];
        }

        _pool.Changed -= Schedule;
        using var bound = new CancellationTokenSource(atMost, _time);
        var saves = running.Select(entry => (Entry: entry, Save: SaveAsync(entry, atMost, bound.Token))).ToArray();
        await Task.WhenAll(saves.Select(each => each.Save)).ConfigureAwait(false);
        await _pool.WaitForLeavingWorkersAsync(bound.Token).ConfigureAwait(false);
        _pool.HandOver();
        lock (_gate) _handingOver = true;
        await DisposeAsync().ConfigureAwait(false);
        return [.. saves.Select(each => (Find(each.Entry.Current.Id)!, each.Save.Result))];
    }

    private static async Task<string?> SaveAsync(JobEntry entry, TimeSpan atMost, CancellationToken bound)
    {
        try
        {
            return entry.Running is { } running ? await running.RequestSave().WaitAsync(bound).ConfigureAwait(false) : null;
        }
        catch (OperationCanceledException)
        {
            return $"no checkpoint was saved within {atMost.TotalSeconds:0} s";
        }
    }

    /// <summary>Abandons the jobs that still run.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] runs;
        lock (_gate)
        {
            _closing = true;
            runs = [.. _entries.Select(entry => entry.Run)];
        }

        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _abandon.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(runs).ConfigureAwait(false);
        _abandon.Dispose();
        _close.Dispose();
    }

    // Stored first: a caller that has its answer may rely on the request.
    private void RecordRequest_NeedsLock(JobEntry entry, Func<StoredJob, StoredJob> request)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        _store.SaveRequests(request(entry.Current));
        entry.RecordRequest(request);
    }

    private JobEntry? Entry_NeedsLock(string id)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        return _entries.Find(entry => entry.Current.Id == id);
    }

    private JobView View_NeedsLock(JobEntry entry)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        var view = entry.View;
        if (view.State != JobState.Pending || !IsWaiting_NeedsLock(entry)) return view;
        var first = _entries.First(other => IsWaiting_NeedsLock(other));
        var waits = first == entry
            ? $"waits for {Amount.Of(MinWorkers(entry), "worker")}, {_pool.Idle} idle" : $"waits behind {first.Current.Id}";
        return view with
        {
            Stored = view.Stored with { Reason = view.Stored.Reason.Length == 0 ? waits : $"{view.Stored.Reason}; {waits}" }
        };
    }

    private bool IsWaiting_NeedsLock(JobEntry entry)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        return entry.Current.State == JobState.Pending && entry.Running is null;
    }
}
