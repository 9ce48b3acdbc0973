using System.Threading.Channels;
using Distributed.Protocol;

namespace Distributed.Worker.Links;

/// <summary>
/// A worker's end of its stream with the coordinator.
/// <list type="number">
/// <item><see cref="Commands"/> gives the coordinator's commands in order, each once, and completes when nothing more will come; with a
/// <see cref="CoordinatorException"/> where that is not the coordinator's wish.</item>
/// <item><see cref="Send"/> never waits, and may be called from any thread; events arrive in the order of the calls, each once, also where
/// the connection breaks meanwhile. One that cannot be delivered any more is dropped, and <see cref="Commands"/> then completes. The first
/// is a <c>Hello</c>; a link that connects again says it again. An event belongs to the link from then on.</item>
/// <item>Disposing tells the coordinator that this worker has gone. It is idempotent.</item>
/// </list>
/// </summary>
public interface ICoordinatorLink : IAsyncDisposable
{
    /// <summary>What the coordinator says.</summary>
    ChannelReader<WorkerCommand> Commands { get; }

    /// <summary>What this worker is doing, kept up to date by it and told when the link connects again. A link that cannot break needs none.</summary>
    WorkerStanding Standing { get => WorkerStanding.Idle; set { } }

    /// <summary>Time since the last message of the coordinator, or since the link was made. Zero for a link that cannot break.</summary>
    TimeSpan Silence => TimeSpan.Zero;

    /// <summary>Tells the coordinator something.</summary>
    void Send(WorkerEvent message);
}
