using Distributed.Coordinator.Service.Pool;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Simulation.Schedules.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Simulation.Schedules.Service;

/// <summary>
/// The job of a coordinator that serves: the real pool between the workers and the state machine, and the rules of the registry for the
/// beginning of a job. A job that lacks workers waits, and resumes when the pool has enough. Another process begins with another one of these.
/// </summary>
internal sealed class ServedJob
{
    private readonly SimulatedWorld _world;
    private readonly WorkerPool _pool;
    private readonly List<Allocation> _allocations = [];
    private readonly Dictionary<int, WorkerEvent> _joined = []; // the hello that the pool received, by process
    private WorkerRequest? _demand;

    public ServedJob(SimulatedWorld world)
    {
        _world = world;
        _pool = new WorkerPool(new PoolOptions(), world.Time, NullLogger<WorkerPool>.Instance);
        _pool.Changed += TryBegin;
    }

    /// <summary>Workers that the job holds.</summary>
    public IReadOnlyList<Allocation> Allocations => _allocations;

    private JobId Job => _world.Scenario.Job.Id;

    private int Spares => _world.Scenario.Job.Recovery!.Spares;

    /// <summary>The workers of a job whose state machine was at work may still be at work: it begins at once and they return to it.</summary>
    public void Reclaim() => Begin(_pool.Reclaim(Job, _world.Wanted));

    /// <summary>Begins the job if the pool has the workers that it begins with.</summary>
    public void TryBegin()
    {
        if (_demand is null && _pool.TryReserve(Job, _world.Wanted, Fewest) is { } demand) Begin(demand);
    }

    /// <summary>The job has ended, or waits: its workers go back to the pool.</summary>
    public void End()
    {
        var demand = _demand;
        _allocations.Clear();
        _demand = null;
        demand?.Dispose();
    }

    /// <summary>A worker says something.</summary>
    public void Hear(SimulatedWorkerLink link, WorkerEvent said)
    {
        if (said.Hello is not null) _joined[link.Worker.Process] = said;
        _pool.Hear(link, said);
    }

    /// <summary>A worker's stream has ended.</summary>
    public void HearEnd(SimulatedWorkerLink link, string? error) => _pool.HearEnd(link, error is null ? null : new IOException(error));

    /// <summary>The job is to have another number of workers.</summary>
    public void Ask(int workers) => _demand?.Ask(workers + Spares);

    /// <summary>Passes on to the state machine what its allocations carry.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Pump()
    {
        if (_world.Coordinator is not { } coordinator) return false;
        var any = false;
        foreach (var allocation in _allocations)
        {
            while (allocation.Link.Events.TryRead(out var message))
            {
                Tell(allocation, message);
                any = true;
            }
        }

        foreach (var ended in _allocations.Where(allocation => allocation.Link.Events.Completion.IsCompleted).ToList())
        {
            _allocations.Remove(ended);
            coordinator.HearEnd(ended.Link, ended.Link.Events.Completion.Exception?.InnerException?.Message);
            any = true;
        }

        return any;
    }

    private void Tell(Allocation allocation, WorkerEvent message)
    {
        if (message.Hello is { } hello)
        {
            allocation.Worker = _world.Workers[hello.Process - 1];
            message = _world.Options.Tap?.Lend(message, _joined[hello.Process]) ?? message;
        }

        _world.Tell(allocation.Link, allocation.Worker!, message);
    }

    // A job that has run before resumes with fewer workers than it wants.
    private int? Fewest => _world.HasRun
        ? Enumerable.Range(1, _world.Wanted).FirstOrDefault(workers => Grids.Fitting(workers, _world.Scenario.Job.Plan)?.World >= _world.Scenario.Job.Recovery!.MinWorkers, _world.Wanted)
        : null;

    private void Begin(WorkerRequest demand)
    {
        _demand = demand;
        _world.Begin();
        demand.Begin(link => _allocations.Add(new Allocation(link, _world.Time.Now)));
        if (Spares > 0) demand.Ask(demand.Wanted + Spares);
    }
}
