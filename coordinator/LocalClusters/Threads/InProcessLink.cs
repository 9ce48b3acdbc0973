using System.Threading.Channels;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Worker.Links;

namespace Distributed.LocalClusters.Threads;

/// <summary>
/// A worker's stream within one process: two channels. Messages are copied in transit, as on a wire, so that neither side can change the
/// other side's objects.
/// </summary>
public sealed class InProcessLink
{
    private readonly Channel<WorkerEvent> _up = Channel.CreateUnbounded<WorkerEvent>();
    private readonly Channel<WorkerCommand> _down = Channel.CreateUnbounded<WorkerCommand>();

    /// <summary>Creates both ends.</summary>
    public InProcessLink()
    {
        Coordinator = new CoordinatorEnd(this);
        Worker = new WorkerEnd(this);
    }

    /// <summary>The coordinator's end.</summary>
    public IWorkerLink Coordinator { get; }

    /// <summary>The worker's end.</summary>
    public ICoordinatorLink Worker { get; }

    private sealed class CoordinatorEnd(InProcessLink link) : IWorkerLink
    {
        public ChannelReader<WorkerEvent> Events => link._up.Reader;

        public void Send(WorkerCommand command) => link._down.Writer.TryWrite(command.Clone());

        public ValueTask DisposeAsync()
        {
            link._down.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class WorkerEnd(InProcessLink link) : ICoordinatorLink
    {
        public ChannelReader<WorkerCommand> Commands => link._down.Reader;

        public void Send(WorkerEvent message) => link._up.Writer.TryWrite(message.Clone());

        public ValueTask DisposeAsync()
        {
            link._up.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }
    }
}
