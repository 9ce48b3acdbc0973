using Distributed.Coordinator.Links;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Service.Pool;

/// <summary>
/// What one running job wants of the pool.
/// <list type="number">
/// <item>It holds as many workers as it wants, from its beginning on; for one that is lost or that it gives back, the next idle one is offered.</item>
/// <item>It wants fewer or more when it says so (<see cref="Ask"/>).</item>
/// <item>Disposing ends it; whatever it still holds goes back to the pool. It is idempotent.</item>
/// </list>
/// </summary>
public sealed class WorkerRequest : IDisposable
{
    private readonly WorkerPool _pool;

    internal WorkerRequest(WorkerPool pool, JobId job, int wanted, bool isReclaiming) =>
        (_pool, Job, Wanted, IsReclaiming) = (pool, job, wanted, isReclaiming);

    /// <summary>The job.</summary>
    public JobId Job { get; }

    /// <summary>Workers that it wants to hold.</summary>
    public int Wanted { get; internal set; } // guarded by the pool's lock, as is all below

    /// <summary>Workers that it holds.</summary>
    public int Held => _pool.HeldBy(this);

    /// <summary>Whether workers that had a plan of the job when they joined belong to it.</summary>
    internal bool IsReclaiming { get; }

    internal List<WorkerAllocation> Leases { get; } = [];

    internal Action<IWorkerLink>? Attach { get; set; }

    internal bool Ended { get; set; }

    /// <summary>Begins to hand workers on: those held, and each one that comes.</summary>
    /// <param name="attach">Takes a worker's stream; called on any thread, once per worker.</param>
    public void Begin(Action<IWorkerLink> attach) => _pool.Begin(this, attach);

    /// <summary>Asks for so many workers in all. Idle ones are handed over at once, others as they come; fewer than held take none away.</summary>
    public void Ask(int workers) => _pool.Ask(this, workers);

    /// <inheritdoc/>
    public void Dispose() => _pool.End(this);
}
