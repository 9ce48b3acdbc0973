using System.Threading.Channels;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Service.Pool;

/// <summary>
/// The allocation of a worker to a job: the worker's stream as that job sees it. (1) The worker's hello comes first, (2) then its events of
/// this job. (3) Disposing returns the worker to the pool; its process continues.
/// </summary>
internal sealed class WorkerAllocation : IWorkerLink
{
    private readonly Channel<WorkerEvent> _events = Channel.CreateUnbounded<WorkerEvent>();
    private readonly WorkerPool _pool;

    public WorkerAllocation(WorkerPool pool, PooledWorker worker, WorkerRequest request)
    {
        (_pool, Worker, Request) = (pool, worker, request);
        _events.Writer.TryWrite(new WorkerEvent { Hello = worker.HelloFor(request.Job) });
    }

    public PooledWorker Worker { get; }

    public WorkerRequest Request { get; }

    public JobId Job => Request.Job;

    public ChannelReader<WorkerEvent> Events => _events.Reader;

    public void Send(WorkerCommand command) => _pool.Send(this, command);

    public ValueTask DisposeAsync()
    {
        _pool.Return(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Delivers an event of this job.</summary>
    public void Deliver(WorkerEvent message) => _events.Writer.TryWrite(message);

    /// <summary>Completes the stream.</summary>
    public void Complete(Exception? error = null) => _events.Writer.TryComplete(error);
}
