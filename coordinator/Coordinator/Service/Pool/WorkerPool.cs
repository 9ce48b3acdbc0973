using System.Diagnostics;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service.Pool;

/// <summary>
/// The workers that have joined, and the job that each of them works for.
/// <list type="number">
/// <item>A worker is idle, is allocated to one job, or is still stopping the role of a job that returned it. Only idle workers are
/// allocated, in order of their names.</item>
/// <item>A job receives all workers that it starts with at once, or none (<see cref="TryReserve"/>), so that two jobs never wait for each
/// other's workers.</item>
/// <item>A worker's event is delivered to the job that it names if the worker is allocated to it; otherwise it is dropped and
/// counted.</item>
/// <item>A job sees a worker's role and memory only as far as they belong to that job, in their state at the time of allocation.</item>
/// <item>A worker that was requested to end is not allocated any more. Its job is offered another worker, and the worker is dismissed when
/// it has no work.</item>
/// <item>Of two workers with the same name, the second is allocated only after the first has left.</item>
/// </list>
/// One lock guards all state; callbacks, streams and logging run outside the lock.
/// </summary>
public sealed partial class WorkerPool(PoolOptions options, TimeProvider time, ILogger<WorkerPool> logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<PooledWorker> _workers = [];
    private readonly List<WorkerRequest> _requests = [];
    private bool _closed, _handedOver;

    /// <summary>Raised on any thread when a worker has joined, left or become idle. Handlers must not throw.</summary>
    public event Action? Changed;

    /// <summary>All workers, in order of their names.</summary>
    public IReadOnlyList<WorkerView> Workers
    {
        get
        {
            lock (_gate) return [.. _workers.Select(worker => worker.View)];
        }
    }

    /// <summary>Number of workers that can be allocated now.</summary>
    public int Idle
    {
        get
        {
            lock (_gate) return Idle_NeedsLock().Count();
        }
    }

    /// <summary>Number of workers that were requested to end and have not left yet.</summary>
    public int Leaving
    {
        get
        {
            lock (_gate) return _workers.Count(worker => worker.IsLeaving);
        }
    }

    /// <summary>Waits until every worker that was requested to end has left, or until cancelled.</summary>
    public async Task WaitForLeavingWorkersAsync(CancellationToken bound)
    {
        var allLeft = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Changed += Look;
        Look();
        await Task.WhenAny(allLeft.Task, Task.Delay(Timeout.Infinite, bound)).ConfigureAwait(false);
        Changed -= Look;

        void Look()
        {
            if (Leaving == 0) allLeft.TrySetResult();
        }
    }

    /// <summary>Leaves all workers to the next coordinator: from now on they receive no commands.</summary>
    public void HandOver()
    {
        lock (_gate)
        {
            (_closed, _handedOver) = (true, true);
            foreach (var worker in _workers) worker.Drain?.Dispose();
        }
    }

    /// <summary>Adds a worker's stream, whose first event is the worker's hello.</summary>
    public void Add(IWorkerLink link) => _ = CarryAsync(link);

    /// <summary>
    /// Handles one event of a worker's stream; from any thread. <see cref="Add"/> calls it for every event of its stream.
    /// </summary>
    /// <returns>False if the stream does not begin with a hello; the worker then cannot be allocated.</returns>
    public bool Receive(IWorkerLink link, WorkerEvent message)
    {
        if (Find(link) is { } worker) Route(worker, message);
        else if (message.Hello is { Worker: not null } hello) Join(new PooledWorker(link, hello, time.GetUtcNow()));
        else return false;
        return true;
    }

    /// <summary>Handles the end of a worker's stream; from any thread. No event of the stream may follow.</summary>
    /// <param name="link">The stream.</param>
    /// <param name="error">Why the stream broke; null if the worker left.</param>
    public void ReceiveEnd(IWorkerLink link, Exception? error)
    {
        if (Find(link) is { } worker) Leave(worker, error);
    }

    /// <summary>Reserves idle workers for a job; null if there are fewer than it needs to start.</summary>
    /// <param name="job">Identity of the job.</param>
    /// <param name="workers">Target number of workers. Missing ones are allocated when they become idle.</param>
    /// <param name="fewest">Workers that the job needs to start, from 1 to <paramref name="workers"/>; null for all of them.</param>
    public WorkerRequest? TryReserve(JobId job, int workers, int? fewest = null)
    {
        lock (_gate)
        {
            if (_closed || Idle_NeedsLock().Count() < (fewest ?? workers)) return null;
            var request = new WorkerRequest(this, job, workers, isReclaiming: false);
            _requests.Add(request);
            Fill_NeedsLock();
            return request;
        }
    }

    /// <summary>
    /// Creates a request for a job whose workers may still be running: they return to it one by one, and idle workers fill it up to the
    /// target.
    /// </summary>
    /// <param name="job">Identity of the job.</param>
    /// <param name="workers">Target number of workers.</param>
    public WorkerRequest Reclaim(JobId job, int workers)
    {
        lock (_gate)
        {
            var request = new WorkerRequest(this, job, workers, isReclaiming: true);
            _requests.Add(request);
            Fill_NeedsLock();
            return request;
        }
    }

    /// <summary>Dismisses every worker, unless they were left to the next coordinator.</summary>
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
                if (!(hasJoined = Receive(link, message))) break;
        }
        catch (Exception broken)
        {
            error = broken;
        }

        if (hasJoined) ReceiveEnd(link, error);
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
            if (_handedOver) return; // the worker joins the next coordinator
            var after = _workers.FindIndex(other => PooledWorker.ByName(worker, other) < 0);
            if (!closed) _workers.Insert(after < 0 ? _workers.Count : after, worker);
            // Its job has ended.
            if (worker.Busy is { } left && !_requests.Exists(request => request.Job == left.Job)) Drain_NeedsLock(worker, left);
            given = Fill_NeedsLock();
            leaves = worker.IsFreeToLeave;
        }

        if (closed || leaves) _ = worker.Link.DisposeAsync().AsTask();
        else LogJoined(logger, worker.Id, worker.Cores);
        AttachAndNotify(given);
    }

    private void Leave(PooledWorker worker, Exception? error)
    {
        List<WorkerAllocation> given;
        WorkerAllocation? allocation;
        lock (_gate)
        {
            allocation = worker.Allocation;
            worker.Allocation = null;
            worker.Drain?.Dispose();
            _workers.Remove(worker);
            allocation?.Request.Allocations.Remove(allocation);
            given = Fill_NeedsLock();
        }

        LogLeft(logger, worker.Id, error?.Message ?? "its stream ended");
        AttachAndNotify(given); // before Complete: the job's reaction to the loss can use the new workers
        allocation?.Complete(error);
    }

    private void Route(PooledWorker worker, WorkerEvent message)
    {
        WorkerAllocation? allocation;
        var (ended, leaves) = (false, message.EventCase == WorkerEvent.EventOneofCase.Leaving);
        List<WorkerAllocation> given = [];
        lock (_gate)
        {
            allocation = worker.Allocation;
            if (leaves)
            {
                worker.IsLeaving = true;
                given = Fill_NeedsLock(); // a replacement
            }

            if (IsLast(message) && worker.TryEnd(message))
            {
                worker.Drain?.Dispose();
                if (ended = allocation is null) given = Fill_NeedsLock();
            }
        }

        if (leaves) AttachAndNotify(given); // before Deliver: the job counts on the replacement
        if (allocation is not null && (leaves || message.Identity?.Job == allocation.Job.Value)) allocation.Deliver(message);
        else if (!ended && !leaves) CoordinatorMetrics.Refuse("the event belongs to another job");
        if (ended) AttachAndNotify(given);
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

    // Either event ends the worker's plan.
    private static bool IsLast(WorkerEvent message) =>
        message.EventCase is WorkerEvent.EventOneofCase.Finished or WorkerEvent.EventOneofCase.Failed;

    private IEnumerable<PooledWorker> Idle_NeedsLock()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        return _workers.Where((worker, index) => worker.IsIdle && (index == 0 || _workers[index - 1].Id.Name != worker.Id.Name));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker} has joined, cores: {Cores}")]
    private static partial void LogJoined(ILogger logger, WorkerId worker, int cores);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker} left: {Reason}")]
    private static partial void LogLeft(ILogger logger, WorkerId worker, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Worker} did not stop its role in {Job} in time; its stream is closed")]
    private static partial void LogOverdue(ILogger logger, WorkerId worker, GroupEpoch job);
}
