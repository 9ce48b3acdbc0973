using System.Threading.Channels;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Service.Pool;

/// <summary>
/// A worker's stream as one job sees it: (1) the worker's hello comes first, (2) then what it says of this job, (3) disposing gives the
/// worker back to the pool, and its process goes on.
/// </summary>
internal sealed class WorkerAllocation : IWorkerLink
{
    private readonly Channel<WorkerEvent> _events = Channel.CreateUnbounded<WorkerEvent>();
    private readonly WorkerPool _pool;

    public WorkerAllocation(WorkerPool pool, PooledWorker worker, WorkerRequest demand)
    {
        (_pool, Worker, Demand) = (pool, worker, demand);
        _events.Writer.TryWrite(new WorkerEvent { Hello = worker.HelloFor(demand.Job) });
    }

    public PooledWorker Worker { get; }

    public WorkerRequest Demand { get; }

    public JobId Job => Demand.Job;

    public ChannelReader<WorkerEvent> Events => _events.Reader;

    public void Send(WorkerCommand command) => _pool.Send(this, command);

    public ValueTask DisposeAsync()
    {
        _pool.Return(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>The worker says something of this job.</summary>
    public void Hear(WorkerEvent message) => _events.Writer.TryWrite(message);

    /// <summary>Nothing more will come.</summary>
    public void Complete(Exception? error = null) => _events.Writer.TryComplete(error);
}
