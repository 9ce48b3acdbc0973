using System.Threading.Channels;
using Distributed.Coordinator.Links;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Groups;

/// <summary>
/// The placeholder link of a worker that was a member before the coordinator restarted and has not reconnected yet. It queues the commands
/// for the worker.
/// </summary>
internal sealed class AbsentLink : IWorkerLink
{
    private readonly List<WorkerCommand> _waiting = [];

    public ChannelReader<WorkerEvent> Events { get; } = Channel.CreateUnbounded<WorkerEvent>().Reader;

    public void Send(WorkerCommand command) => _waiting.Add(command);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Sends the queued commands to the worker that has reconnected.</summary>
    public void ForwardTo(IWorkerLink link)
    {
        foreach (var command in _waiting) link.Send(command);
    }
}
