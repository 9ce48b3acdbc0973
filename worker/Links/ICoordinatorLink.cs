using System.Threading.Channels;
using Distributed.Protocol;

namespace Distributed.Worker.Links;

/// <summary>
/// A worker's end of its stream with the coordinator.
/// <list type="number">
/// <item><see cref="Commands"/> gives the coordinator's commands in order, and completes when nothing more will come.</item>
/// <item><see cref="Send"/> never waits, and may be called from any thread; events arrive in the order of the calls. One that
/// cannot be delivered any more is dropped, and <see cref="Commands"/> then completes.</item>
/// <item>Disposing tells the coordinator that this worker has gone. It is idempotent.</item>
/// </list>
/// </summary>
public interface ICoordinatorLink : IAsyncDisposable
{
    /// <summary>What the coordinator says.</summary>
    ChannelReader<WorkerCommand> Commands { get; }

    /// <summary>Tells the coordinator something.</summary>
    void Send(WorkerEvent message);
}
