using Distributed.Coordinator.Links;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Service.Pool;

/// <summary>
/// A running job's request for workers.
/// <list type="number">
/// <item>The job holds the target number of workers from its start. For a worker that is lost or returned, the next idle one is
/// offered.</item>
/// <item>The job changes the target with <see cref="SetTarget"/>.</item>
/// <item>Disposing ends the request and returns its workers to the pool. It is idempotent.</item>
/// </list>
/// </summary>
public sealed class WorkerRequest : IDisposable
{
    private readonly WorkerPool _pool;

    internal WorkerRequest(WorkerPool pool, JobId job, int wanted, bool isReclaiming) =>
        (_pool, Job, Target, IsReclaiming) = (pool, job, wanted, isReclaiming);

    /// <summary>Identity of the job.</summary>
    public JobId Job { get; }

    /// <summary>Target number of workers.</summary>
    public int Target { get; internal set; } // the pool's lock guards this and every member below

    /// <summary>Number of workers that the job holds.</summary>
    public int Held => _pool.HeldBy(this);

    /// <summary>Whether workers that had a plan of the job when they joined are allocated to it.</summary>
    internal bool IsReclaiming { get; }

    internal List<WorkerAllocation> Allocations { get; } = [];

    internal Action<IWorkerLink>? Attach { get; set; }

    internal bool Ended { get; set; }

    /// <summary>Starts the delivery of workers: those held now, and every later one.</summary>
    /// <param name="attach">Receives a worker's stream; called on any thread, once per allocation.</param>
    public void Begin(Action<IWorkerLink> attach) => _pool.Begin(this, attach);

    /// <summary>
    /// Sets the target number of workers. Idle workers are allocated at once, others when they become idle. A lower target takes no worker
    /// away.
    /// </summary>
    public void SetTarget(int workers) => _pool.SetTarget(this, workers);

    /// <inheritdoc/>
    public void Dispose() => _pool.End(this);
}
