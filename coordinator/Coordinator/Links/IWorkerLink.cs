using System.Threading.Channels;
using Distributed.Protocol;

namespace Distributed.Coordinator.Links;

/// <summary>
/// The coordinator's end of one worker's stream.
/// <list type="number">
/// <item><see cref="Events"/> gives the worker's events in the order in which it sent them, and completes when the worker
/// has gone, with the error if the stream broke.</item>
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
