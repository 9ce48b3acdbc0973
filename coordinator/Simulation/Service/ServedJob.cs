using Distributed.Coordinator.Service.Pool;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Simulation.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Simulation.Service;

/// <summary>
/// The job of a serving coordinator: the real pool between the workers and the state machine, and the registry's rules for the start of a
/// job. A job that lacks workers waits, and resumes when the pool has enough. Each coordinator process has its own instance.
/// </summary>
internal sealed class ServedJob
{
    private readonly SimulatedWorld _world;
    private readonly WorkerPool _pool;
    private readonly List<Allocation> _allocations = [];
    private readonly Dictionary<int, WorkerEvent> _joined = []; // the hello that the pool received, by process
    private WorkerRequest? _request;

    public ServedJob(SimulatedWorld world)
    {
        _world = world;
        _pool = new WorkerPool(new PoolOptions(), world.Time, NullLogger<WorkerPool>.Instance);
        _pool.Changed += TryBegin;
    }

    /// <summary>The workers that are allocated to the job.</summary>
    public IReadOnlyList<Allocation> Allocations => _allocations;

    private JobId Job => _world.Scenario.Job.Id;

    private int Spares => _world.Scenario.Job.Recovery!.Spares;

    /// <summary>Begins the job at once after a restart: workers of its earlier run may still be running and return to it.</summary>
    public void Reclaim() => Begin(_pool.Reclaim(Job, _world.Wanted));

    /// <summary>Begins the job if the pool has enough workers.</summary>
    public void TryBegin()
    {
        if (_request is null && _pool.TryReserve(Job, _world.Wanted, MinWorkers) is { } request) Begin(request);
    }

    /// <summary>Returns the job's workers to the pool, because the job has ended or waits.</summary>
    public void End()
    {
        var request = _request;
        _allocations.Clear();
        _request = null;
        request?.Dispose();
    }

    /// <summary>Passes an event of a worker to the pool.</summary>
    public void Receive(SimulatedWorkerLink link, WorkerEvent sent)
    {
        if (sent.Hello is not null) _joined[link.Worker.Process] = sent;
        _pool.Receive(link, sent);
    }

    /// <summary>Reports the end of a worker's stream to the pool.</summary>
    public void ReceiveEnd(SimulatedWorkerLink link, string? error) =>
        _pool.ReceiveEnd(link, error is null ? null : new IOException(error));

    /// <summary>Requests another number of workers from the pool.</summary>
    public void SetTarget(int workers) => _request?.SetTarget(workers + Spares);

    /// <summary>Passes the events of the allocated workers to the state machine.</summary>
    /// <returns>Whether there was any event.</returns>
    public bool Pump()
    {
        if (_world.Coordinator is not { } coordinator) return false;
        var any = false;
        foreach (var allocation in _allocations)
        {
            while (allocation.Link.Events.TryRead(out var message))
            {
                Deliver(allocation, message);
                any = true;
            }
        }

        foreach (var ended in _allocations.Where(allocation => allocation.Link.Events.Completion.IsCompleted).ToList())
        {
            _allocations.Remove(ended);
            coordinator.ReceiveEnd(ended.Link, ended.Link.Events.Completion.Exception?.InnerException?.Message);
            any = true;
        }

        return any;
    }

    private void Deliver(Allocation allocation, WorkerEvent message)
    {
        if (message.Hello is { } hello)
        {
            allocation.Worker = _world.Workers[hello.Process - 1];
            message = _world.Options.Tap?.OnAllocated(message, _joined[hello.Process]) ?? message;
        }

        _world.Deliver(allocation.Link, allocation.Worker!, message);
    }

    // The fewest workers to begin with. A job that has run before may resume with fewer workers than requested.
    private int? MinWorkers => _world.HasRun
        ? Enumerable.Range(1, _world.Wanted).FirstOrDefault(
            workers => Grids.Fitting(workers, _world.Scenario.Job.Plan)?.World >= _world.Scenario.Job.Recovery!.MinWorkers, _world.Wanted)
        : null;

    private void Begin(WorkerRequest request)
    {
        _request = request;
        _world.Begin();
        request.Begin(link => _allocations.Add(new Allocation(link, _world.Time.Now)));
        if (Spares > 0) request.SetTarget(request.Target + Spares);
    }
}
