using System.Threading.Channels;
using Distributed.Protocol;

namespace Distributed.Coordinator.Links;

/// <summary>
/// The coordinator's end of one worker's stream. Connections may break and come back beneath it.
/// <list type="number">
/// <item><see cref="Events"/> gives the worker's events in the order in which it sent them, each once, and completes when the worker
/// has gone, with the error if the stream broke for good. The first is its <c>Hello</c>. A worker that comes back after that has another
/// link: a <c>Hello</c> that says what it is doing, then all events of which it does not know that they were kept, maybe had by the link before.</item>
/// <item><see cref="Send"/> never waits for the worker. Commands arrive in order; one that cannot be delivered any more is
/// dropped, and <see cref="Events"/> then completes.</item>
/// <item>Disposing tells the worker that nothing more will come. It is idempotent.</item>
/// </list>
/// </summary>
public interface IWorkerLink : IAsyncDisposable
{
    /// <summary>What the worker says.</summary>
    ChannelReader<WorkerEvent> Events { get; }

    /// <summary>Tells the worker something.</summary>
    void Send(WorkerCommand command);
}
