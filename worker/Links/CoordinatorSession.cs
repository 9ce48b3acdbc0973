using System.Threading.Channels;
using Distributed.Protocol;
using Distributed.Protocol.Streams;

namespace Distributed.Worker.Links;

/// <summary>What a worker and its coordinator have said to each other, whatever connections it went over. One connection at a time carries it.</summary>
internal sealed class CoordinatorSession(int keptEvents, TimeProvider time)
{
    private readonly Channel<WorkerCommand> _commands = Channel.CreateUnbounded<WorkerCommand>(new UnboundedChannelOptions { SingleWriter = true });
    private long _contact = time.GetTimestamp();
    private volatile Hello? _hello;
    private volatile bool _leaving, _isAskedToLeave;

    /// <summary>Of which the coordinator does not say yet that it keeps them.</summary>
    public ResendBuffer<WorkerEvent> Events { get; } = new(keptEvents);

    /// <summary>Set when there is something to write.</summary>
    public Wakeup ToWrite { get; } = new();

    public ChannelReader<WorkerCommand> Commands => _commands.Reader;

    public WorkerStanding Standing { get; set; } = WorkerStanding.Idle;

    /// <summary>The last command that came.</summary>
    public long Received { get; private set; }

    /// <summary>Whether the coordinator ever answered.</summary>
    public bool Met { get; private set; }

    /// <summary>Whether the coordinator has said its last word.</summary>
    public bool Dismissed { get; private set; }

    /// <summary>Whether this worker was asked to end, which every <c>Hello</c> repeats.</summary>
    public bool IsAskedToLeave { get => _isAskedToLeave; set => _isAskedToLeave = value; }

    /// <summary>Whether this worker leaves as soon as all is sent.</summary>
    public bool Leaving => _leaving;

    /// <summary>Ends when messages pass again; ended where they do.</summary>
    public Task Passage { get; private set; } = Task.CompletedTask;

    /// <summary>Nothing passes for so long, in either direction.</summary>
    public void Part(TimeSpan length) => Passage = Task.Delay(length, time);

    /// <summary>Since the coordinator was heard, or since the beginning.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _contact));

    /// <summary>What to say first on a connection.</summary>
    public WorkerEvent Hello()
    {
        var (hello, standing) = (_hello!.Clone(), Standing);
        hello.Received = Received;
        hello.Assigned = standing.Assigned;
        hello.RoleRunning = standing.RoleRunning;
        hello.Leaving = IsAskedToLeave;
        hello.Held.AddRange(standing.Held);
        hello.UnixMilliseconds = time.GetUtcNow().ToUnixTimeMilliseconds();
        return new WorkerEvent { Hello = hello };
    }

    public void Begin(Hello hello) => _hello = hello.Clone();

    public void Leave()
    {
        _leaving = true;
        ToWrite.Set();
    }

    /// <summary>Takes what has come over the connection.</summary>
    public void Hear(WorkerCommand command)
    {
        Volatile.Write(ref _contact, time.GetTimestamp());
        switch (command.CommandCase)
        {
            case WorkerCommand.CommandOneofCase.Welcome: Met = true; break;
            case WorkerCommand.CommandOneofCase.Dismiss:
                Dismissed = true;
                End(null);
                break;
            case WorkerCommand.CommandOneofCase.Ack: Events.Acknowledge(command.Ack.Received); break;
            default:
                if (command.Sequence <= Received) break; // sent again
                Received = command.Sequence;
                _commands.Writer.TryWrite(command);
                break;
        }
    }

    public void End(Exception? error) => _commands.Writer.TryComplete(error);
}
