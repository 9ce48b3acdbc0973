using System.Threading.Channels;
using Distributed.Protocol;

namespace Distributed.Coordinator.Links;

/// <summary>
/// The coordinator's end of one worker's stream. It survives broken connections.
/// <list type="number">
/// <item><see cref="Events"/> yields the worker's events in the order in which they were sent, each once. The first is the worker's
/// <c>Hello</c>. It completes when the worker has left, with an error if the stream broke permanently. A worker that reconnects after that
/// has another link: a <c>Hello</c> with its current state, then all events that were not acknowledged, some of which the previous link may
/// have yielded.</item>
/// <item><see cref="Send"/> never waits for the worker. Commands arrive in order. A command that cannot be delivered any more is dropped,
/// and <see cref="Events"/> then completes.</item>
/// <item>Disposing dismisses the worker. It is idempotent.</item>
/// </list>
/// </summary>
public interface IWorkerLink : IAsyncDisposable
{
    /// <summary>The events of the worker.</summary>
    ChannelReader<WorkerEvent> Events { get; }

    /// <summary>Sends a command to the worker, without waiting.</summary>
    /// <param name="command">The command.</param>
    void Send(WorkerCommand command);
}
