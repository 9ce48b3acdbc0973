using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Distributed.Transports.SameHost;

/// <summary>
/// The exchange of a group whose ranks are processes of one host (or threads of one): bytes pass through rings in memory that all of them
/// have mapped, one for each ordered pair, copied in by the sender and out by the receiver, piece by piece and at the same time.
/// <para>
/// Only the rank's own thread touches its buffers, inside <see cref="Start"/>, <see cref="IExchangeHandle.IsCompleted"/> and
/// <see cref="IExchangeHandle.Wait"/>; each of them moves on whatever can move, of all exchanges in flight. What fits into the rings is
/// gone with <see cref="Start"/>. A rank that has nothing to do sleeps, and is woken by whoever has something for it.
/// </para>
/// <para>A process that dies is noticed by who waits, within <see cref="HostRank.LookAround"/>, and named.</para>
/// </summary>
internal sealed class SameHostExchange : IExchange
{
    private readonly object _gate = new();
    private readonly HostRank _host;
    private readonly int _set;
    private readonly IReadOnlyList<int> _members; // ranks of the world
    private readonly ExchangeOptions _options;
    private readonly TimeSpan _spin;
    private readonly (int Rank, Outgoing To, Incoming From)[] _peers; // the next rank first, so that not all begin with the same one
    private readonly Dictionary<long, HostRound> _rounds = [];
    private readonly Func<HostRound, int, Frame, bool> _check;
    private readonly Func<bool> _hasWork;
    private Exception? _found; // a mismatch, to be thrown once
    private ExchangeAbortedException? _left; // what is thrown after the end was disposed
    private bool _disposed;
    private int _sleeping;

    /// <summary>One rank's end.</summary>
    /// <param name="host">The rank.</param>
    /// <param name="set">The set of groups that this one belongs to.</param>
    /// <param name="members">Ranks of the world, this one among them.</param>
    /// <param name="options">Settings.</param>
    /// <param name="spin">How long to look for work before sleeping.</param>
    public SameHostExchange(HostRank host, int set, IReadOnlyList<int> members, ExchangeOptions options, TimeSpan spin)
    {
        (_host, _set, _members, _options, _spin) = (host.Share(), set, members, options, spin);
        Rank = members.ToList().IndexOf(host.Rank);
        _peers = [.. Enumerable.Range(1, Size - 1).Select(i => (Rank + i) % Size).Select(peer => (
            peer, new Outgoing(host.Segment.Ring(set, host.Rank, members[peer])), new Incoming(host.Segment.Ring(set, members[peer], host.Rank), peer)))];
        _check = Fits_NeedsLock;
        _hasWork = () =>
        {
            lock (_gate) return _disposed || _host.Fence.IsClosed || Move_NeedsLock();
        };
    }

    public int Rank { get; }

    public int Size => _members.Count;

    public IExchangeHandle Start(ExchangeTag tag, ReadOnlySpan<ExchangeBuffer> send, ReadOnlySpan<ExchangeBuffer> receive)
    {
        ExchangeArguments.Check(Rank, Size, tag, send, receive);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ThrowIfAborted_NeedsLock();
            if (send[Rank].Bytes != receive[Rank].Bytes)
            {
                Fail_NeedsLock(_host.Rank, ExchangeMismatchException.OfLengths(_host.Rank, tag, _host.Rank, send[Rank].Bytes, _host.Rank, receive[Rank].Bytes));
                ThrowIfAborted_NeedsLock();
            }

            ref var started = ref _host.Segment.Started(_set, _host.Rank);
            var round = new HostRound(started, tag, send.ToArray(), receive.ToArray(), 2 * (Size - 1));
            if (!round.IsDone) _rounds.Add(round.Number, round);
            Volatile.Write(ref started, round.Number + 1);
            foreach (var peer in _peers) peer.To.Add(new Frame(round.Number, tag, send[peer.Rank].Bytes, receive[peer.Rank].Bytes), send[peer.Rank], round);
            CopyOwn(send[Rank], receive[Rank]);
            Move_NeedsLock();
            FindWhoLeft_NeedsLock(round);
            ThrowIfAborted_NeedsLock(unless: round);
            return new Handle(this, round);
        }
    }

    public void Abort(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        _host.Abort(_host.Rank, reason);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            if (_rounds.Count > 0)
            {
                _host.Abort(_host.Rank, Gone(Rank, _rounds.Values.First().Tag));
                _left = _host.Fence.Abort(_host.Rank);
            }

            _disposed = true;
            while (_sleeping > 0) Monitor.Wait(_gate); // it wakes within a look around
            Volatile.Write(ref _host.Segment.Left(_set, _host.Rank), 1);
            foreach (var peer in _peers) _host.Ring(_members[peer.Rank]);
            _host.Dispose();
        }
    }

    private bool IsCompleted(HostRound round)
    {
        lock (_gate)
        {
            if (round.IsDone || _disposed) return true;
            Move_NeedsLock();
            FindWhoLeft_NeedsLock(round);
            return round.IsDone || _host.Fence.IsClosed;
        }
    }

    private void Wait(HostRound round)
    {
        var clock = _options.TimeProvider;
        var (begun, idle) = (clock.GetTimestamp(), 0L);
        while (true)
        {
            lock (_gate)
            {
                if (round.IsDone) return;
                if (_disposed) throw _left!;
                ThrowIfAborted_NeedsLock();
                if (Move_NeedsLock())
                {
                    idle = 0;
                    continue;
                }

                FindWhoLeft_NeedsLock(round);
                ThrowIfAborted_NeedsLock();
                if (idle == 0) idle = Stopwatch.GetTimestamp();
                if (Stopwatch.GetElapsedTime(idle) < _spin) goto spin;
                _sleeping++;
            }

            Sleep();
            lock (_gate)
            {
                _sleeping--;
                Monitor.PulseAll(_gate);
                if (!_disposed && !round.IsDone && !_host.Fence.IsClosed) LookAround_NeedsLock(round, clock.GetElapsedTime(begun));
            }

            continue;
        spin:
            Thread.SpinWait(20);
        }
    }

    private void Sleep() => _host.Sleep(_hasWork);

    // Whether anything moved: to or from any peer, of any exchange.
    private bool Move_NeedsLock()
    {
        Debug.Assert(Monitor.IsEntered(_gate));
        var moved = false;
        foreach (var (peer, to, from) in _peers)
        {
            if (_host.Fence.IsClosed) return moved;
            var wrote = !to.IsEmpty && to.Write();
            var read = from.Read(_rounds, _check, out var madeRoom);
            if (wrote || madeRoom) _host.Ring(_members[peer]);
            if ((to.Garbage ?? from.Garbage) is { } garbage)
                _host.Abort(_members[peer], new PeerFailureException($"Rank {_members[peer]} has left in the memory that it shares with rank {_host.Rank} what no rank leaves there: {garbage}."));
            moved |= wrote || read;
        }

        if (moved && _rounds.Count > 0) Forget_NeedsLock();
        return moved;
    }

    private void Forget_NeedsLock()
    {
        foreach (var round in _rounds.Values)
            if (round.IsDone) _rounds.Remove(round.Number);
    }

    private bool Fits_NeedsLock(HostRound round, int source, Frame frame)
    {
        var (me, peer) = (_host.Rank, _members[source]);
        var mismatch = frame.Tag != round.Tag ? ExchangeMismatchException.OfTags(me, round.Tag, peer, frame.Tag)
            : frame.Bytes != round.Receive[source].Bytes ? ExchangeMismatchException.OfLengths(me, round.Tag, peer, frame.Bytes, me, round.Receive[source].Bytes)
            : frame.Expected != round.Send[source].Bytes ? ExchangeMismatchException.OfLengths(me, round.Tag, me, round.Send[source].Bytes, peer, frame.Expected)
            : null;
        if (mismatch is null) return true;
        Fail_NeedsLock(me, mismatch);
        return false;
    }

    private void FindWhoLeft_NeedsLock(HostRound round)
    {
        if (round.IsDone) return;
        foreach (var (peer, _, _) in _peers)
        {
            var rank = _members[peer];
            if (Volatile.Read(ref _host.Segment.Left(_set, rank)) != 0 && HasNotStarted(rank, round)) _host.Abort(rank, Gone(peer, round.Tag));
        }
    }

    // What is looked at now and then: who has died, and whether it takes too long.
    private void LookAround_NeedsLock(HostRound round, TimeSpan waited)
    {
        foreach (var (peer, _, _) in _peers)
        {
            var rank = _members[peer];
            if (Volatile.Read(ref _host.Segment.Left(_set, rank)) == 0 && _host.IsDead(rank))
                _host.Abort(rank, new PeerFailureException($"Rank {rank}'s process ({_host.Segment.Word(rank, SegmentLayout.ProcessAt)}) is gone; this was found in {round.Tag}."));
        }

        if (waited < _options.Timeout) return;
        int[] missing = [.. _peers.Select(peer => _members[peer.Rank]).Where(rank => HasNotStarted(rank, round)).Order()];
        if (missing.Length == 0) missing = [.. _peers.Select(peer => _members[peer.Rank]).Order()]; // all have begun and one of them does not go on
        Fail_NeedsLock(missing[0], new ExchangeTimeoutException(_host.Rank, round.Tag, _options.Timeout, missing));
    }

    private bool HasNotStarted(int rank, HostRound round) => Volatile.Read(ref _host.Segment.Started(_set, rank)) <= round.Number;

    // To be thrown to this rank's caller, unless another abort came first.
    private void Fail_NeedsLock(int culprit, Exception failure)
    {
        if (_host.TryAbort(culprit, failure)) _found = failure;
    }

    private void ThrowIfAborted_NeedsLock(HostRound? unless = null)
    {
        if (!_host.Fence.IsClosed || unless?.IsDone == true) return;
        if (_found is { } found)
        {
            _found = null;
            throw found;
        }

        throw _host.Fence.Abort(_host.Rank);
    }

    private InvalidOperationException Gone(int peer, ExchangeTag tag) => new($"Rank {_members[peer]} left the group before it took part in {tag}.");

    private static unsafe void CopyOwn(ExchangeBuffer from, ExchangeBuffer to)
    {
        if (from.Bytes > 0 && from.Pointer != to.Pointer) NativeMemory.Copy((void*)from.Pointer, (void*)to.Pointer, checked((nuint)from.Bytes));
    }

    private sealed class Handle(SameHostExchange exchange, HostRound round) : IExchangeHandle
    {
        public bool IsCompleted => exchange.IsCompleted(round);

        public void Wait() => exchange.Wait(round);
    }
}
