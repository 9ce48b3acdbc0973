using System.Threading.Channels;
using Distributed.Protocol;

namespace Distributed.Worker.Links;

/// <summary>
/// A worker's end of its stream with the coordinator.
/// <list type="number">
/// <item><see cref="Commands"/> returns the coordinator's commands in order, each once. It completes when no more commands follow, with a
/// <see cref="CoordinatorException"/> unless the coordinator ended the stream.</item>
/// <item><see cref="Send"/> never waits, and is thread-safe. Events arrive in the order of the calls, each once, also if the connection
/// breaks meanwhile. An event that can no longer be delivered is dropped, and <see cref="Commands"/> then completes. The first event is a
/// <c>Hello</c>; a link that reconnects sends it again. The link owns an event that is passed to it.</item>
/// <item>Disposing ends the stream: the worker has left. It is idempotent.</item>
/// </list>
/// </summary>
public interface ICoordinatorLink : IAsyncDisposable
{
    /// <summary>The commands of the coordinator.</summary>
    ChannelReader<WorkerCommand> Commands { get; }

    /// <summary>
    /// The worker's current state, which the worker updates and the link sends when it reconnects. Not used by a link that cannot break.
    /// </summary>
    RejoinState RejoinState { get => RejoinState.Idle; set { } }

    /// <summary>Time since the coordinator's last message, or since the link was created. Zero for a link that cannot break.</summary>
    TimeSpan Silence => TimeSpan.Zero;

    /// <summary>Sends an event to the coordinator.</summary>
    void Send(WorkerEvent message);
}
