using System.Diagnostics;
using System.Threading.Channels;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Streams;

namespace Distributed.Coordinator.Links;

/// <summary>
/// The coordinator's end of a worker's stream over gRPC, whatever connections it goes over, with a lease that every message renews.
/// <code>
///            stream breaks                grace over
///  Attached ───────────────> Broken ─────────────────────> Over
///     ^   └────── the worker is back ──────┘                 ^
///     └── lease run out, worker leaves, coordinator done ────┘
/// </code>
/// </summary>
internal sealed class GrpcWorkerLink : IWorkerLink
{
    private const int MostUnacknowledged = 100_000;

    private readonly Channel<WorkerEvent> _events = Channel.CreateUnbounded<WorkerEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _gate = new();
    private readonly ControlOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<GrpcWorkerLink> _over;
    private readonly LeaseTimer _lease;
    private LinkState _state = LinkState.Attached;
    private WorkerStream? _stream;
    private ITimer? _grace;
    private volatile bool _closing;
    private long _received, _receivedAtBeat;

    /// <summary>A link that begins with a stream.</summary>
    /// <param name="hello">Of the worker; its first event.</param>
    /// <param name="stream">The first.</param>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="over">Told once, when it is over.</param>
    public GrpcWorkerLink(WorkerEvent hello, WorkerStream stream, ControlOptions options, TimeProvider time, Action<GrpcWorkerLink> over)
    {
        (Worker, _stream, _options, _time, _over) = (WorkerId.From(hello.Hello.Worker), stream, options, time, over);
        // A worker drops what it has had: the numbers go on where an earlier link, maybe of an earlier coordinator, left off.
        Commands = new ResendBuffer<WorkerCommand>(MostUnacknowledged, before: hello.Hello.Received);
        _events.Writer.TryWrite(hello);
        _lease = new LeaseTimer(options.Lease, time, () => End($"nothing was heard of it for {options.Lease.TotalSeconds:0.#} s"));
    }

    public WorkerId Worker { get; }

    public ChannelReader<WorkerEvent> Events => _events.Reader;

    /// <summary>Of which the worker does not say yet that it has them.</summary>
    public ResendBuffer<WorkerCommand> Commands { get; }

    /// <summary>Whether the coordinator has nothing more to say.</summary>
    public bool Closing => _closing;

    public LinkState State
    {
        get { lock (_gate) return _state; }
    }

    public void Send(WorkerCommand command)
    {
        if (_closing) return;
        var overflow = Commands.Add(number =>
        {
            var numbered = command.Clone(); // the same may go to others
            numbered.Sequence = number;
            return numbered;
        });
        if (overflow) End($"it has not acknowledged any of {MostUnacknowledged} commands");
        lock (_gate) _stream?.Wake();
    }

    public ValueTask DisposeAsync()
    {
        _closing = true;
        lock (_gate) _stream?.Wake();
        return ValueTask.CompletedTask;
    }

    /// <summary>Goes on over another stream of the same worker.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="received">Sequence of the last command that the worker has.</param>
    /// <returns>Sequence of the last event that this has; null where a stream is at work, or the link is over.</returns>
    public long? TryAttach(WorkerStream stream, long received)
    {
        lock (_gate)
        {
            switch (_state)
            {
                case LinkState.Attached or LinkState.Over: return null;
                case LinkState.Broken:
                    (_state, _stream) = (LinkState.Attached, stream);
                    _grace?.Dispose();
                    _lease.Heard();
                    Commands.Acknowledge(received);
                    return _received;
                default: throw new UnreachableException($"A stream in state {_state}.");
            }
        }
    }

    /// <summary>Takes what a stream has brought; one stream at a time.</summary>
    public void Hear(WorkerEvent message, WorkerStream from)
    {
        _lease.Heard();
        switch (message.EventCase)
        {
            case WorkerEvent.EventOneofCase.Hello: break; // said already
            case WorkerEvent.EventOneofCase.Beat:
                Commands.Acknowledge(message.Beat.Received);
                from.Acknowledge(_receivedAtBeat);
                _receivedAtBeat = _received;
                break;
            default:
                if (message.Sequence <= _received) break; // sent again
                _received = message.Sequence;
                _events.Writer.TryWrite(message);
                break;
        }
    }

    /// <summary>A stream broke; without another within the grace the link is over.</summary>
    public void Lost(WorkerStream stream)
    {
        lock (_gate)
        {
            if (_stream != stream || _state != LinkState.Attached) return;
            (_state, _stream) = (LinkState.Broken, null);
            _grace = _time.CreateTimer(_ => EndIfBroken(), null, _options.Grace, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Ends it, if it has not ended.</summary>
    /// <param name="error">Why it broke off; null where either side has nothing more to say.</param>
    public void End(string? error)
    {
        WorkerStream? stream;
        lock (_gate)
        {
            if (_state == LinkState.Over) return;
            (_state, stream, _stream) = (LinkState.Over, _stream, null);
            _grace?.Dispose();
        }

        _closing = true;
        _lease.Dispose();
        _over(this);
        _events.Writer.TryComplete(error is null ? null : new IOException(error));
        stream?.End(error);
    }

    private void EndIfBroken()
    {
        lock (_gate)
        {
            if (_state != LinkState.Broken) return; // it came back meanwhile
        }

        End(_closing ? null : "its connection broke");
    }
}
