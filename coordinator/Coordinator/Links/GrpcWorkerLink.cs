using System.Diagnostics;
using System.Threading.Channels;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Streams;

namespace Distributed.Coordinator.Links;

/// <summary>
/// The coordinator's end of a worker's stream over gRPC. The stream survives reconnections, and every message renews its lease.
/// <code>
///            stream breaks              grace expires
///  Attached ───────────────> Broken ─────────────────────> Ended
///   │     ^── worker reconnects ──┘                          ^
///   └── lease expires, worker leaves, coordinator is done ───┘
/// </code>
/// </summary>
internal sealed class GrpcWorkerLink : IWorkerLink
{
    private const int MaxUnacknowledged = 100_000;

    private readonly Channel<WorkerEvent> _events = Channel.CreateUnbounded<WorkerEvent>(
        new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _gate = new();
    private readonly ControlOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<GrpcWorkerLink> _ended;
    private readonly LeaseTimer _lease;
    private LinkState _state = LinkState.Attached;
    private WorkerStream? _stream;
    private ITimer? _grace;
    private volatile bool _isClosing;
    private long _received, _receivedAtBeat;

    /// <summary>Creates a link with its first stream.</summary>
    /// <param name="hello">The worker's <c>Hello</c>, which is the first event of the link.</param>
    /// <param name="stream">The first stream.</param>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ended">Called once, when the link has ended.</param>
    public GrpcWorkerLink(WorkerEvent hello, WorkerStream stream, ControlOptions options, TimeProvider time, Action<GrpcWorkerLink> ended)
    {
        (Worker, _stream, _options, _time, _ended) = (WorkerId.From(hello.Hello.Worker), stream, options, time, ended);
        // A worker drops commands that it has received before, so the sequence continues that of any earlier link or coordinator.
        Commands = new ResendBuffer<WorkerCommand>(MaxUnacknowledged, before: hello.Hello.Received);
        _events.Writer.TryWrite(hello);
        _lease = new LeaseTimer(options.Lease, time, () => End($"no message arrived for {options.Lease.TotalSeconds:0.#} s"));
    }

    public WorkerId Worker { get; }

    public ChannelReader<WorkerEvent> Events => _events.Reader;

    /// <summary>Commands that the worker has not acknowledged.</summary>
    public ResendBuffer<WorkerCommand> Commands { get; }

    /// <summary>Whether the coordinator sends no more commands.</summary>
    public bool IsClosing => _isClosing;

    public LinkState State
    {
        get { lock (_gate) return _state; }
    }

    public void Send(WorkerCommand command)
    {
        if (_isClosing) return;
        var overflow = Commands.Add(number =>
        {
            var numbered = command.Clone(); // the caller may send the same command to other workers
            numbered.Sequence = number;
            return numbered;
        });
        if (overflow) End($"it has not acknowledged any of {MaxUnacknowledged} commands");
        lock (_gate) _stream?.Wake();
    }

    public ValueTask DisposeAsync()
    {
        _isClosing = true;
        lock (_gate) _stream?.Wake();
        return ValueTask.CompletedTask;
    }

    /// <summary>Continues the link over another stream of the same worker.</summary>
    /// <param name="stream">The new stream.</param>
    /// <param name="received">Sequence number of the last command that the worker has received.</param>
    /// <returns>
    /// Sequence number of the last event that the link has received; null if another stream is attached or the link has ended.
    /// </returns>
    public long? TryAttach(WorkerStream stream, long received)
    {
        lock (_gate)
        {
            switch (_state)
            {
                case LinkState.Attached or LinkState.Ended: return null;
                case LinkState.Broken:
                    (_state, _stream) = (LinkState.Attached, stream);
                    _grace?.Dispose();
                    _lease.Renew();
                    Commands.Acknowledge(received);
                    return _received;
                default: throw new UnreachableException($"A stream in state {_state}.");
            }
        }
    }

    /// <summary>Handles a message from a stream. Only one stream may call it at a time.</summary>
    public void Receive(WorkerEvent message, WorkerStream from)
    {
        _lease.Renew();
        switch (message.EventCase)
        {
            case WorkerEvent.EventOneofCase.Hello: break; // handled when the stream was admitted
            case WorkerEvent.EventOneofCase.Beat:
                Commands.Acknowledge(message.Beat.Received);
                from.Acknowledge(_receivedAtBeat);
                _receivedAtBeat = _received;
                break;
            default:
                if (message.Sequence <= _received) break; // a resent event
                _received = message.Sequence;
                _events.Writer.TryWrite(message);
                break;
        }
    }

    /// <summary>Handles a broken stream. The link ends unless another stream is attached within the grace period.</summary>
    public void OnStreamBroken(WorkerStream stream)
    {
        lock (_gate)
        {
            if (_stream != stream || _state != LinkState.Attached) return;
            (_state, _stream) = (LinkState.Broken, null);
            _grace = _time.CreateTimer(_ => EndIfBroken(), null, _options.Grace, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Ends the link, if it has not ended.</summary>
    /// <param name="error">Why the link broke; null if the worker left or the coordinator is done.</param>
    public void End(string? error)
    {
        WorkerStream? stream;
        lock (_gate)
        {
            if (_state == LinkState.Ended) return;
            (_state, stream, _stream) = (LinkState.Ended, _stream, null);
            _grace?.Dispose();
        }

        _isClosing = true;
        _lease.Dispose();
        _ended(this);
        _events.Writer.TryComplete(error is null ? null : new IOException(error));
        stream?.End(error);
    }

    private void EndIfBroken()
    {
        lock (_gate)
        {
            if (_state != LinkState.Broken) return; // the worker has reconnected
        }

        End(_isClosing ? null : "its connection broke");
    }
}
