using System.Threading.Channels;
using Distributed.Protocol;
using Distributed.Protocol.Streams;

namespace Distributed.Worker.Links;

/// <summary>
/// The messages between a worker and its coordinator, independent of the connections that carry them. One connection at a time carries the
/// session.
/// </summary>
internal sealed class CoordinatorSession(int keptEvents, TimeProvider time)
{
    private readonly Channel<WorkerCommand> _commands = Channel.CreateUnbounded<WorkerCommand>(
        new UnboundedChannelOptions { SingleWriter = true });
    private long _lastContact = time.GetTimestamp();
    private volatile Hello? _hello;
    private volatile bool _leaving, _isAskedToLeave;

    /// <summary>The events that the coordinator has not acknowledged yet.</summary>
    public ResendBuffer<WorkerEvent> Events { get; } = new(keptEvents);

    /// <summary>Set when there is something to send.</summary>
    public Wakeup ToWrite { get; } = new();

    public ChannelReader<WorkerCommand> Commands => _commands.Reader;

    public RejoinState RejoinState { get; set; } = RejoinState.Idle;

    /// <summary>Sequence number of the last command that was received.</summary>
    public long Received { get; private set; }

    /// <summary>Whether the coordinator has ever admitted this worker.</summary>
    public bool HasJoined { get; private set; }

    /// <summary>Whether the coordinator has dismissed this worker.</summary>
    public bool IsDismissed { get; private set; }

    /// <summary>Whether this worker was asked to leave, which every <c>Hello</c> repeats.</summary>
    public bool IsAskedToLeave { get => _isAskedToLeave; set => _isAskedToLeave = value; }

    /// <summary>Whether this worker leaves as soon as all events are sent.</summary>
    public bool IsLeaving => _leaving;

    /// <summary>Completes at the end of the current partition; completed if there is none.</summary>
    public Task PartitionEnd { get; private set; } = Task.CompletedTask;

    /// <summary>Blocks all messages, in both directions, for a time.</summary>
    public void Partition(TimeSpan length) => PartitionEnd = Task.Delay(length, time);

    /// <summary>Time since the coordinator's last message, or since the start.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _lastContact));

    /// <summary>Returns the first event of a connection.</summary>
    public WorkerEvent Hello()
    {
        var (hello, state) = (_hello!.Clone(), RejoinState);
        hello.Received = Received;
        hello.Assigned = state.Assigned;
        hello.RoleRunning = state.IsRoleRunning;
        hello.Leaving = IsAskedToLeave;
        hello.Held.AddRange(state.Held);
        hello.UnixMilliseconds = time.GetUtcNow().ToUnixTimeMilliseconds();
        return new WorkerEvent { Hello = hello };
    }

    public void Begin(Hello hello) => _hello = hello.Clone();

    public void Leave()
    {
        _leaving = true;
        ToWrite.Set();
    }

    /// <summary>Receives a command from the connection.</summary>
    public void Receive(WorkerCommand command)
    {
        Volatile.Write(ref _lastContact, time.GetTimestamp());
        switch (command.CommandCase)
        {
            case WorkerCommand.CommandOneofCase.Welcome: HasJoined = true; break;
            case WorkerCommand.CommandOneofCase.Dismiss:
                IsDismissed = true;
                End(null);
                break;
            case WorkerCommand.CommandOneofCase.Ack: Events.Acknowledge(command.Ack.Received); break;
            default:
                if (command.Sequence <= Received) break; // a duplicate
                Received = command.Sequence;
                _commands.Writer.TryWrite(command);
                break;
        }
    }

    public void End(Exception? error) => _commands.Writer.TryComplete(error);
}
