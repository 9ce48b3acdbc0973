using System.Threading.Channels;
using Distributed.Coordinator.Links;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Groups;

/// <summary>
/// The link of a member that has not reconnected since the coordinator restarted: it queues the commands for the worker.
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
