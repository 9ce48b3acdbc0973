using System.Diagnostics;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Storage;
using Distributed.Planning;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>
/// Every job of this coordinator, from its submission to its end and after it.
/// <list type="number">
/// <item>Jobs begin in the order of their submission, each when the pool has all the workers that it wants, or for a job that has run before
/// as many as it needs at least; so they run side by side where there are enough, and a large one is never passed by smaller ones.</item>
/// <item>A job is on disk before its submission is answered, and its end before it is shown. So is what users ask of it: whichever coordinator
/// has the job next is asked it too.</item>
/// <item>Jobs whose coordinator was killed go on with the workers that come back to it, whose steps went on meanwhile; those that the coordinator's
/// own polite end broke off, or that have no workers left, go on from their newest checkpoint.</item>
/// </list>
/// </summary>
public sealed partial class JobRegistry : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<JobEntry> _entries = [];
    private readonly CancellationTokenSource _abandon = new(), _close = new();
    private readonly StubbornWriter _writer;
    private readonly WorkerPool _pool;
    private readonly IJobFactory _factory;
    private readonly StateStore _store;
    private readonly MetricsHistory _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private bool _closing, _handingOver;
    private int _disposed;

    /// <summary>Knows the jobs that are kept; none begins before <see cref="Start"/>.</summary>
    public JobRegistry(WorkerPool pool, IJobFactory factory, IJobReader reader, StateStore store, MetricsHistory metrics, TimeProvider time, ILogger<JobRegistry> logger)
    {
        (_pool, _factory, _store, _metrics, _time, _logger) = (pool, factory, store, metrics, time, logger);
        _writer = new StubbornWriter(time, _close.Token, _abandon.Token);
        _entries.AddRange(store.Jobs().Select(kept => Restore(kept, reader)));
    }

    /// <summary>Every job, in the order of submission.</summary>
    public IReadOnlyList<JobView> Jobs
    {
        get
        {
            lock (_gate) return [.. _entries.Select(View_NeedsLock)];
        }
    }

    /// <summary>Begins jobs from now on; first those whose workers may still be at work.</summary>
    public void Start()
    {
        lock (_gate)
            foreach (var entry in _entries.Where(entry => entry.MayBeAtWork).ToArray()) Begin_NeedsLock(entry, entry.Job!, _pool.Reclaim(new JobId(entry.Kept.Id), entry.Kept.Workers));
        _pool.Changed += Schedule;
        Schedule();
    }

    /// <summary>A job by its id; null where there is none.</summary>
    public JobView? Find(string id)
    {
        lock (_gate) return Entry_NeedsLock(id) is { } entry ? View_NeedsLock(entry) : null;
    }

    /// <summary>Takes a job in.</summary>
    /// <param name="job">The job.</param>
    /// <param name="requestKey">Submitted again under the same key, it is the same job; null where no submission is repeated.</param>
    /// <exception cref="IOException">It cannot be kept; nothing has changed.</exception>
    public JobView Submit(AcceptedJob job, string? requestKey = null)
    {
        JobEntry entry;
        lock (_gate)
        {
            var kept = _store.Add(new StoredJob
            {
                Name = job.Plan.Name, JobJson = job.JobJson, Submitted = _time.GetUtcNow(), Workers = job.Workers, Steps = job.Plan.Steps, RequestKey = requestKey,
            });
            if (Entry_NeedsLock(kept.Id) is { } known) return View_NeedsLock(known);
            _entries.Add(entry = new JobEntry(kept, job));
        }

        Note(entry, "submitted", $"submitted: {Amount.Of(entry.Kept.Workers, "worker")}, {Amount.Of(entry.Kept.Steps, "step")}");
        foreach (var warning in job.Warnings) Note(entry, "warning", $"warning: {warning}");
        Schedule();
        return Find(entry.Kept.Id)!;
    }

    /// <summary>Asks a job to end; one that waits is stopped at once, for one that is over nothing happens.</summary>
    /// <returns>The job as it is now; null where there is none.</returns>
    /// <exception cref="IOException">It cannot be kept; nothing has changed.</exception>
    public JobView? Stop(string id, bool save, string reason)
    {
        JobEntry? entry;
        IRunningJob? running;
        lock (_gate)
        {
            entry = Entry_NeedsLock(id);
            if (entry is null) return null;
            if (entry.Kept.State.IsTerminal()) return View_NeedsLock(entry);
            if (entry.Kept.Stop is null or { Save: true }) Ask_NeedsLock(entry, job => job with { Stop = new StopRequest(save, reason) });
            running = entry.Running;
        }

        running?.RequestStop(save, reason);
        if (running is null) EndWaiting(entry, reason);
        return Find(id);
    }

    /// <summary>Asks a job to go on with another number of workers: as many of them as it can use.</summary>
    /// <returns>Whether it runs; else nothing happens.</returns>
    /// <exception cref="IOException">It cannot be kept; nothing has changed.</exception>
    public bool Scale(string id, int workers)
    {
        lock (_gate)
        {
            if (Entry_NeedsLock(id) is not { Running: { } running, Demand: { } demand, Job: { } job } entry) return false;
            var wanted = Grids.Fitting(workers, job.Plan)?.World ?? entry.Kept.Workers;
            Ask_NeedsLock(entry, kept => kept with { Workers = wanted });
            demand.Ask(wanted + job.Recovery.Spares); // first: what is given back is not offered again
            running.RequestScale(wanted);
            return true;
        }
    }

    /// <summary>Asks a job to stand still after the step in hand, or to go on.</summary>
    /// <returns>Whether it runs; else nothing happens.</returns>
    /// <exception cref="IOException">It cannot be kept; nothing has changed.</exception>
    public bool Pause(string id, bool pause)
    {
        lock (_gate)
        {
            if (Entry_NeedsLock(id) is not { Running: { } running } entry) return false;
            Ask_NeedsLock(entry, kept => kept with { PauseAsked = pause });
            if (pause) running.RequestPause();
            else running.RequestResume();
            return true;
        }
    }

    /// <summary>What runs a job; null where nothing does.</summary>
    public IRunningJob? Running(string id)
    {
        lock (_gate) return Entry_NeedsLock(id)?.Running;
    }

    /// <summary>Completes when something about a job has changed after the call, and was kept.</summary>
    /// <exception cref="KeyNotFoundException">There is no such job.</exception>
    public Task ChangeOf(string id)
    {
        lock (_gate) return (Entry_NeedsLock(id) ?? throw new KeyNotFoundException($"There is no job {id}.")).Signal.Next;
    }

    /// <summary>Begins no more jobs, asks those that run to save and stop, and waits for them. They go on when the coordinator starts again.</summary>
    /// <param name="reason">Why, for them.</param>
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
    /// Begins no more jobs, asks those that run for a checkpoint, and leaves them to the next coordinator: their workers continue, and join it. Jobs
    /// whose workers were asked to end are waited for, until their state is saved and the workers have gone.
    /// </summary>
    /// <param name="atMost">How long to wait for all of that.</param>
    /// <returns>By job that runs: the reason why it has no new checkpoint; null if it has one.</returns>
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
        await _pool.UntilNoneLeavesAsync(bound.Token).ConfigureAwait(false);
        _pool.HandOver();
        lock (_gate) _handingOver = true;
        await DisposeAsync().ConfigureAwait(false);
        return [.. saves.Select(each => (Find(each.Entry.Kept.Id)!, each.Save.Result))];
    }

    private static async Task<string?> SaveAsync(JobEntry entry, TimeSpan atMost, CancellationToken bound)
    {
        try
        {
            return entry.Running is { } running ? await running.RequestSave().WaitAsync(bound).ConfigureAwait(false) : null;
        }
        catch (OperationCanceledException)
        {
            return $"it was not saved within {atMost.TotalSeconds:0} s";
        }
    }

    /// <summary>Leaves the jobs that still run.</summary>
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

    // Kept first: who is told that it was asked may rely on it.
    private void Ask_NeedsLock(JobEntry entry, Func<StoredJob, StoredJob> request)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        _store.SaveRequests(request(entry.Kept));
        entry.Ask(request);
    }

    private JobEntry? Entry_NeedsLock(string id)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        return _entries.Find(entry => entry.Kept.Id == id);
    }

    private JobView View_NeedsLock(JobEntry entry)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        var view = entry.View;
        if (view.State != JobState.Pending || !IsWaiting_NeedsLock(entry)) return view;
        var first = _entries.First(other => IsWaiting_NeedsLock(other));
        var waits = first == entry ? $"waits for {Amount.Of(Fewest(entry), "worker")}, {_pool.Idle} idle" : $"waits behind {first.Kept.Id}";
        return view with { Kept = view.Kept with { Reason = view.Kept.Reason.Length == 0 ? waits : $"{view.Kept.Reason}; {waits}" } };
    }

    private bool IsWaiting_NeedsLock(JobEntry entry)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        return entry.Kept.State == JobState.Pending && entry.Running is null;
    }
}
