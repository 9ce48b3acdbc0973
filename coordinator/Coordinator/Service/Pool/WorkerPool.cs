using System.Diagnostics;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service.Pool;

/// <summary>
/// The workers that have joined, and which job each works for.
/// <list type="number">
/// <item>A worker is idle, belongs to one job, or has still to end what a job left it with; only an idle one is handed out, in the order of names.</item>
/// <item>A job gets the workers that it begins with at once, or none (<see cref="TryReserve"/>): two jobs never wait for each other's.</item>
/// <item>What a worker says goes to the job that it names; of another job it is dropped and counted.</item>
/// <item>A job receives of a worker's role and memory only what concerns that job, as it is when the worker is handed out.</item>
/// <item>A worker that was asked to end is not handed out any more; the job that it belongs to is offered another, and it is dismissed when it has no work.</item>
/// <item>Of two workers of one name, the second is handed out only when the first has gone.</item>
/// </list>
/// One lock guards all state; callbacks, streams and logging are outside of it.
/// </summary>
public sealed partial class WorkerPool(PoolOptions options, TimeProvider time, ILogger<WorkerPool> logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<PooledWorker> _workers = [];
    private readonly List<WorkerRequest> _demands = [];
    private bool _closed, _handedOver;

    /// <summary>A worker has come, gone, or become idle; on any thread. Who hears it throws nothing.</summary>
    public event Action? Changed;

    /// <summary>Every worker, in the order of names.</summary>
    public IReadOnlyList<WorkerView> Workers
    {
        get
        {
            lock (_gate) return [.. _workers.Select(worker => worker.View)];
        }
    }

    /// <summary>Workers that a job could have now.</summary>
    public int Idle
    {
        get
        {
            lock (_gate) return Idle_NeedsLock().Count();
        }
    }

    /// <summary>Workers that were asked to end and have not gone yet.</summary>
    public int Leaving
    {
        get
        {
            lock (_gate) return _workers.Count(worker => worker.Leaving);
        }
    }

    /// <summary>Returns when no worker is left that was asked to end, or when it is cancelled.</summary>
    public async Task UntilNoneLeavesAsync(CancellationToken bound)
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Changed += Look;
        Look();
        await Task.WhenAny(gone.Task, Task.Delay(Timeout.Infinite, bound)).ConfigureAwait(false);
        Changed -= Look;

        void Look()
        {
            if (Leaving == 0) gone.TrySetResult();
        }
    }

    /// <summary>Leaves all workers to the next coordinator: from now on they are sent nothing, whatever becomes of their jobs here.</summary>
    public void HandOver()
    {
        lock (_gate)
        {
            (_closed, _handedOver) = (true, true);
            foreach (var worker in _workers) worker.Drain?.Dispose();
        }
    }

    /// <summary>Takes a worker's stream, whose first event is its hello.</summary>
    public void Add(IWorkerLink link) => _ = CarryAsync(link);

    /// <summary>Takes one event of a worker's stream; from any thread. <see cref="Add"/> does so with all that its stream carries.</summary>
    /// <returns>False if the stream does not begin with a hello, so that its worker can be given no work.</returns>
    public bool Hear(IWorkerLink link, WorkerEvent message)
    {
        if (Find(link) is { } worker) Route(worker, message);
        else if (message.Hello is { Worker: not null } hello) Join(new PooledWorker(link, hello, time.GetUtcNow()));
        else return false;
        return true;
    }

    /// <summary>A worker's stream has ended, and nothing more of it will be heard; from any thread.</summary>
    /// <param name="link">The stream.</param>
    /// <param name="error">Why it broke; null if the worker left.</param>
    public void HearEnd(IWorkerLink link, Exception? error)
    {
        if (Find(link) is { } worker) Leave(worker, error);
    }

    /// <summary>Idle workers for a job: as many as it wants, or those that there are. Null if they are fewer than it can begin with.</summary>
    /// <param name="job">The job.</param>
    /// <param name="workers">Workers that it wants; those that are missing are handed over as they come.</param>
    /// <param name="fewest">Workers that it can begin with, from 1 to <paramref name="workers"/>; null for all of them.</param>
    public WorkerRequest? TryReserve(JobId job, int workers, int? fewest = null)
    {
        lock (_gate)
        {
            if (_closed || Idle_NeedsLock().Count() < (fewest ?? workers)) return null;
            var demand = new WorkerRequest(this, job, workers, isReclaiming: false);
            _demands.Add(demand);
            Fill_NeedsLock();
            return demand;
        }
    }

    /// <summary>For a job that may have workers at work already, which come back one by one; and others up to so many.</summary>
    public WorkerRequest Reclaim(JobId job, int workers)
    {
        lock (_gate)
        {
            var demand = new WorkerRequest(this, job, workers, isReclaiming: true);
            _demands.Add(demand);
            Fill_NeedsLock();
            return demand;
        }
    }

    /// <summary>Dismisses every worker, unless they are handed over.</summary>
    public async ValueTask DisposeAsync()
    {
        PooledWorker[] workers;
        lock (_gate)
        {
            _closed = true;
            workers = _handedOver ? [] : [.. _workers];
        }

        foreach (var worker in workers)
        {
            worker.Drain?.Dispose();
            await worker.Link.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task CarryAsync(IWorkerLink link)
    {
        Exception? error = null;
        var hasJoined = false;
        try
        {
            await foreach (var message in link.Events.ReadAllAsync().ConfigureAwait(false))
                if (!(hasJoined = Hear(link, message))) break;
        }
        catch (Exception broken)
        {
            error = broken;
        }

        if (hasJoined) HearEnd(link, error);
        else await link.DisposeAsync().ConfigureAwait(false);
    }

    private PooledWorker? Find(IWorkerLink link)
    {
        lock (_gate) return _workers.Find(worker => worker.Link == link);
    }

    private void Join(PooledWorker worker)
    {
        bool closed, leaves;
        List<WorkerAllocation> given;
        lock (_gate)
        {
            closed = _closed;
            if (_handedOver) return; // it finds the next coordinator
            var after = _workers.FindIndex(other => PooledWorker.ByName(worker, other) < 0);
            if (!closed) _workers.Insert(after < 0 ? _workers.Count : after, worker);
            if (worker.Busy is { } left && !_demands.Exists(demand => demand.Job == left.Job)) Drain_NeedsLock(worker, left); // of a job that is over
            given = Fill_NeedsLock();
            leaves = worker.IsFreeToLeave;
        }

        if (closed || leaves) _ = worker.Link.DisposeAsync().AsTask();
        else LogJoined(logger, worker.Id, worker.Cores);
        Tell(given);
    }

    private void Leave(PooledWorker worker, Exception? error)
    {
        List<WorkerAllocation> given;
        WorkerAllocation? lease;
        lock (_gate)
        {
            lease = worker.Lease;
            worker.Lease = null;
            worker.Drain?.Dispose();
            _workers.Remove(worker);
            lease?.Demand.Leases.Remove(lease);
            given = Fill_NeedsLock();
        }

        LogLeft(logger, worker.Id, error?.Message ?? "it left");
        Tell(given); // first: what follows of the loss can count on those that are given
        lease?.Complete(error);
    }

    private void Route(PooledWorker worker, WorkerEvent message)
    {
        WorkerAllocation? lease;
        var (ended, leaves) = (false, message.EventCase == WorkerEvent.EventOneofCase.Leaving);
        List<WorkerAllocation> given = [];
        lock (_gate)
        {
            lease = worker.Lease;
            if (leaves)
            {
                worker.Leaving = true;
                given = Fill_NeedsLock(); // of another worker in its place
            }

            if (IsLast(message) && worker.TryEnd(message))
            {
                worker.Drain?.Dispose();
                if (ended = lease is null) given = Fill_NeedsLock();
            }
        }

        if (leaves) Tell(given); // first: its job counts on the worker in its place
        if (lease is not null && (leaves || message.Identity?.Job == lease.Job.Value)) lease.Hear(message);
        else if (!ended && !leaves) CoordinatorMetrics.Refuse("it speaks of another job");
        if (ended) Tell(given);
        DismissIfFree(worker);
    }

    private void DismissIfFree(PooledWorker worker)
    {
        lock (_gate)
        {
            if (_handedOver || !worker.IsFreeToLeave) return;
        }

        _ = worker.Link.DisposeAsync().AsTask();
    }

    // A worker has ended its plan with either of these.
    private static bool IsLast(WorkerEvent message) => message.EventCase is WorkerEvent.EventOneofCase.Finished or WorkerEvent.EventOneofCase.Failed;

    private IEnumerable<PooledWorker> Idle_NeedsLock()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        return _workers.Where((worker, index) => worker.IsIdle && (index == 0 || _workers[index - 1].Id.Name != worker.Id.Name));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker} has joined, cores: {Cores}")]
    private static partial void LogJoined(ILogger logger, WorkerId worker, int cores);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker} has gone: {Reason}")]
    private static partial void LogLeft(ILogger logger, WorkerId worker, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Worker} did not end its work for {Job} in time; its stream is closed")]
    private static partial void LogOverdue(ILogger logger, WorkerId worker, GroupEpoch job);
}
