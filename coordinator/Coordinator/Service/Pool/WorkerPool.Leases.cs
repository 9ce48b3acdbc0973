using System.Diagnostics;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Service.Pool;

// Who works for whom.
public sealed partial class WorkerPool
{
    internal int HeldBy(WorkerRequest demand)
    {
        lock (_gate) return demand.Leases.Count;
    }

    internal void Begin(WorkerRequest demand, Action<IWorkerLink> attach)
    {
        WorkerAllocation[] held;
        lock (_gate)
        {
            demand.Attach = attach;
            held = [.. demand.Leases]; // none of them was handed on before
        }

        foreach (var lease in held) attach(lease);
    }

    internal void Ask(WorkerRequest demand, int workers)
    {
        List<WorkerAllocation> given;
        lock (_gate)
        {
            demand.Wanted = workers;
            given = Fill_NeedsLock();
        }

        Tell(given);
    }

    internal void End(WorkerRequest demand)
    {
        WorkerAllocation[] held;
        lock (_gate)
        {
            demand.Ended = true;
            _demands.Remove(demand);
            held = [.. demand.Leases];
        }

        foreach (var lease in held) Return(lease);
    }

    internal void Send(WorkerAllocation lease, WorkerCommand command)
    {
        lock (_gate)
        {
            if (lease.Worker.Lease != lease || _handedOver) return; // given back, gone, or the next coordinator's
            if (command.CommandCase == WorkerCommand.CommandOneofCase.Assign) lease.Worker.Begin(command.Identity);
            lease.Worker.Link.Send(command); // never waits
        }
    }

    internal void Return(WorkerAllocation lease)
    {
        var worker = lease.Worker;
        List<WorkerAllocation> given;
        lock (_gate)
        {
            if (worker.Lease != lease) return;
            worker.Lease = null;
            lease.Demand.Leases.Remove(lease);
            if (worker.Busy is { } left && !_handedOver) Drain_NeedsLock(worker, left);
            given = Fill_NeedsLock();
        }

        Tell(given); // first: what follows of the loss can count on those that are given
        lease.Complete();
        DismissIfFree(worker);
    }

    // The job has ended without it, or does without it: what it still does is for nobody.
    private void Drain_NeedsLock(PooledWorker worker, GroupEpoch left)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        worker.Link.Send(new WorkerCommand { Identity = left.At(0), Stop = new StopJob { Save = false, Reason = "its job does without it" } });
        worker.Drain = time.CreateTimer(_ => Overdue(worker, left), null, options.DrainTimeout, Timeout.InfiniteTimeSpan);
    }

    private void Overdue(PooledWorker worker, GroupEpoch left)
    {
        lock (_gate)
        {
            if (worker.Busy != left || worker.Lease is not null || _handedOver) return;
        }

        LogOverdue(logger, worker.Id, left);
        _ = worker.Link.DisposeAsync().AsTask();
    }

    // Jobs that began earlier come first.
    private List<WorkerAllocation> Fill_NeedsLock()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        var given = new List<WorkerAllocation>();
        foreach (var demand in _demands)
            foreach (var known in _closed ? [] : _workers.Where(worker => IsReclaimed(worker, demand)).ToList()) Give(known, demand);
        foreach (var demand in _demands)
        {
            var idle = _closed ? [] : new Queue<PooledWorker>(Idle_NeedsLock().OrderByDescending(worker => worker.Holds(demand.Job)));
            while (demand.Leases.Count(lease => !lease.Worker.Leaving) < demand.Wanted && idle.TryDequeue(out var worker)) Give(worker, demand);
        }

        return given;

        // Workers that a job had before this coordinator was started return to it, however many it wants: what they report decides how it continues.
        static bool IsReclaimed(PooledWorker worker, WorkerRequest demand) =>
            worker.Lease is null && worker.Drain is null && worker.Claim == demand.Job && (demand.IsReclaiming || worker.Busy is not null);

        void Give(PooledWorker worker, WorkerRequest demand)
        {
            worker.Claim = null;
            worker.Lease = new WorkerAllocation(this, worker, demand);
            demand.Leases.Add(worker.Lease);
            if (demand.Attach is not null) given.Add(worker.Lease); // else it is when the job begins
        }
    }

    private void Tell(List<WorkerAllocation> given)
    {
        foreach (var lease in given) lease.Demand.Attach!(lease);
        Changed?.Invoke();
    }
}
