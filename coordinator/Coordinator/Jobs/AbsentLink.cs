using System.Threading.Channels;
using Distributed.Coordinator.Links;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>The stream of a worker that was here before the coordinator was started again, and has not come back yet: what it is told waits for it.</summary>
internal sealed class AbsentLink : IWorkerLink
{
    private readonly List<WorkerCommand> _waiting = [];

    public ChannelReader<WorkerEvent> Events { get; } = Channel.CreateUnbounded<WorkerEvent>().Reader;

    public void Send(WorkerCommand command) => _waiting.Add(command);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The worker is here again.</summary>
    public void HandTo(IWorkerLink link)
    {
        foreach (var command in _waiting) link.Send(command);
    }
}
