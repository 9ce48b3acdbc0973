using System.Diagnostics;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Service.Pool;

// Allocation of workers to jobs.
public sealed partial class WorkerPool
{
    internal int HeldBy(WorkerRequest request)
    {
        lock (_gate) return request.Allocations.Count;
    }

    internal void Begin(WorkerRequest request, Action<IWorkerLink> attach)
    {
        WorkerAllocation[] held;
        lock (_gate)
        {
            request.Attach = attach;
            held = [.. request.Allocations]; // the job has not received any of them yet
        }

        foreach (var allocation in held) attach(allocation);
    }

    internal void SetTarget(WorkerRequest request, int workers)
    {
        List<WorkerAllocation> given;
        lock (_gate)
        {
            request.Target = workers;
            given = Fill_NeedsLock();
        }

        AttachAndNotify(given);
    }

    internal void End(WorkerRequest request)
    {
        WorkerAllocation[] held;
        lock (_gate)
        {
            request.Ended = true;
            _requests.Remove(request);
            held = [.. request.Allocations];
        }

        foreach (var allocation in held) Return(allocation);
    }

    internal void Send(WorkerAllocation allocation, WorkerCommand command)
    {
        lock (_gate)
        {
            if (allocation.Worker.Allocation != allocation || _handedOver) return; // returned, lost, or left to the next coordinator
            if (command.CommandCase == WorkerCommand.CommandOneofCase.Assign) allocation.Worker.Begin(command.Identity);
            allocation.Worker.Link.Send(command); // does not block
        }
    }

    internal void Return(WorkerAllocation allocation)
    {
        var worker = allocation.Worker;
        List<WorkerAllocation> given;
        lock (_gate)
        {
            if (worker.Allocation != allocation) return;
            worker.Allocation = null;
            allocation.Request.Allocations.Remove(allocation);
            if (worker.Busy is { } left && !_handedOver) Drain_NeedsLock(worker, left);
            given = Fill_NeedsLock();
        }

        AttachAndNotify(given); // before Complete: the job's reaction to the loss can use the new workers
        allocation.Complete();
        DismissIfFree(worker);
    }

    // The job has ended, or continues without the worker: the rest of the worker's role has no use.
    private void Drain_NeedsLock(PooledWorker worker, GroupEpoch left)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        worker.Link.Send(new WorkerCommand
        {
            Identity = left.At(0), Stop = new StopJob { Save = false, Reason = "its job no longer needs this worker" }
        });
        worker.Drain = time.CreateTimer(_ => OnDrainTimeout(worker, left), null, options.DrainTimeout, Timeout.InfiniteTimeSpan);
    }

    private void OnDrainTimeout(PooledWorker worker, GroupEpoch left)
    {
        lock (_gate)
        {
            if (worker.Busy != left || worker.Allocation is not null || _handedOver) return;
        }

        LogOverdue(logger, worker.Id, left);
        _ = worker.Link.DisposeAsync().AsTask();
    }

    // In order of the jobs' start.
    private List<WorkerAllocation> Fill_NeedsLock()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        var given = new List<WorkerAllocation>();
        foreach (var request in _requests)
            foreach (var known in _closed ? [] : _workers.Where(worker => IsReclaimed(worker, request)).ToList()) Give(known, request);
        foreach (var request in _requests)
        {
            var idle = _closed ? [] : new Queue<PooledWorker>(Idle_NeedsLock().OrderByDescending(worker => worker.Holds(request.Job)));
            while (request.Allocations.Count(allocation => !allocation.Worker.IsLeaving) < request.Target
                && idle.TryDequeue(out var worker))
                Give(worker, request);
        }

        return given;

        // Workers that a job had before this coordinator started return to it, also beyond its target: their reports determine how it
        // continues.
        static bool IsReclaimed(PooledWorker worker, WorkerRequest request) =>
            worker.Allocation is null && worker.Drain is null && worker.Claim == request.Job
                && (request.IsReclaiming || worker.Busy is not null);

        void Give(PooledWorker worker, WorkerRequest request)
        {
            worker.Claim = null;
            worker.Allocation = new WorkerAllocation(this, worker, request);
            request.Allocations.Add(worker.Allocation);
            if (request.Attach is not null) given.Add(worker.Allocation); // otherwise the job receives it in Begin
        }
    }

    private void AttachAndNotify(List<WorkerAllocation> given)
    {
        foreach (var allocation in given) allocation.Request.Attach!(allocation);
        Changed?.Invoke();
    }
}
