using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Distributed.Transports.SameHost;

/// <summary>
/// The exchange of a group whose ranks are processes of one host, or threads of one process. Bytes pass through rings in shared memory, one
/// for each ordered pair of ranks. The sender copies into the ring and the receiver out of it, piece by piece and at the same time.
/// <para>
/// Only the rank's own thread accesses its buffers, in <see cref="Start"/>, <see cref="IExchangeHandle.IsCompleted"/> and
/// <see cref="IExchangeHandle.Wait"/>. Each of these calls moves the bytes of all exchanges in flight. What fits into the rings is sent
/// when <see cref="Start"/> returns. A rank without work sleeps; a rank that sends to it or makes room for it wakes it.
/// </para>
/// <para>A waiting rank detects a process that has ended within <see cref="HostRank.DetectionTime"/>, and names its rank.</para>
/// </summary>
internal sealed class SameHostExchange : IExchange
{
    private readonly object _gate = new();
    private readonly HostRank _host;
    private readonly int _set;
    private readonly IReadOnlyList<int> _members; // world ranks, by rank
    private readonly ExchangeOptions _options;
    private readonly TimeSpan _spin;
    // Starting with the next rank, so that not all begin with the same one.
    private readonly (int Rank, Outgoing To, Incoming From)[] _peers;
    private readonly Dictionary<long, SameHostExchangeState> _exchanges = [];
    private readonly Func<SameHostExchangeState, int, Frame, bool> _check;
    private readonly Func<bool> _hasWork;
    private Exception? _found; // a mismatch or time-out of this rank, thrown once
    private ExchangeAbortedException? _left; // thrown by waits after the end was disposed
    private bool _disposed;
    private int _sleeping;

    /// <summary>Creates one rank's end of a group.</summary>
    /// <param name="host">This rank in the shared memory.</param>
    /// <param name="set">Index of the set of groups that the group belongs to.</param>
    /// <param name="members">World ranks of the group, including this one.</param>
    /// <param name="options">Settings of the exchange.</param>
    /// <param name="spin">How long to spin before sleeping.</param>
    public SameHostExchange(HostRank host, int set, IReadOnlyList<int> members, ExchangeOptions options, TimeSpan spin)
    {
        (_host, _set, _members, _options, _spin) = (host.Share(), set, members, options, spin);
        Rank = members.ToList().IndexOf(host.Rank);
        _peers = [.. Enumerable.Range(1, Size - 1).Select(i => (Rank + i) % Size).Select(peer => (
            peer, new Outgoing(host.Segment.Ring(set, host.Rank, members[peer])),
            new Incoming(host.Segment.Ring(set, members[peer], host.Rank), peer)))];
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
                Fail_NeedsLock(_host.Rank,
                    ExchangeMismatchException.OfLengths(_host.Rank, tag, _host.Rank, send[Rank].Bytes, _host.Rank, receive[Rank].Bytes));
                ThrowIfAborted_NeedsLock();
            }

            ref var started = ref _host.Segment.Started(_set, _host.Rank);
            var state = new SameHostExchangeState(started, tag, send.ToArray(), receive.ToArray(), 2 * (Size - 1));
            if (!state.IsDone) _exchanges.Add(state.Number, state);
            Volatile.Write(ref started, state.Number + 1);
            foreach (var peer in _peers)
                peer.To.Add(new Frame(state.Number, tag, send[peer.Rank].Bytes, receive[peer.Rank].Bytes), send[peer.Rank], state);
            CopyOwn(send[Rank], receive[Rank]);
            Move_NeedsLock();
            FindLeftPeers_NeedsLock(state);
            ThrowIfAborted_NeedsLock(unless: state);
            return new Handle(this, state);
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
            if (_exchanges.Count > 0)
            {
                _host.Abort(_host.Rank, LeftEarly(Rank, _exchanges.Values.First().Tag));
                _left = _host.Fence.Abort(_host.Rank);
            }

            _disposed = true;
            while (_sleeping > 0) Monitor.Wait(_gate); // a sleeping thread wakes within the detection time
            Volatile.Write(ref _host.Segment.Left(_set, _host.Rank), 1);
            foreach (var peer in _peers) _host.Wake(_members[peer.Rank]);
            _host.Dispose();
        }
    }

    private bool IsCompleted(SameHostExchangeState state)
    {
        lock (_gate)
        {
            if (state.IsDone || _disposed) return true;
            Move_NeedsLock();
            FindLeftPeers_NeedsLock(state);
            return state.IsDone || _host.Fence.IsClosed;
        }
    }

    private void Wait(SameHostExchangeState state)
    {
        var clock = _options.TimeProvider;
        var (begun, idle) = (clock.GetTimestamp(), 0L);
        while (true)
        {
            lock (_gate)
            {
                if (state.IsDone) return;
                if (_disposed) throw _left!;
                ThrowIfAborted_NeedsLock();
                if (Move_NeedsLock())
                {
                    idle = 0;
                    continue;
                }

                FindLeftPeers_NeedsLock(state);
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
                if (!_disposed && !state.IsDone && !_host.Fence.IsClosed) CheckPeers_NeedsLock(state, clock.GetElapsedTime(begun));
            }

            continue;
        spin:
            Thread.SpinWait(20);
        }
    }

    private void Sleep() => _host.Sleep(_hasWork);

    // Returns whether any bytes moved: to or from any peer, of any exchange.
    private bool Move_NeedsLock()
    {
        Debug.Assert(Monitor.IsEntered(_gate));
        var moved = false;
        foreach (var (peer, to, from) in _peers)
        {
            if (_host.Fence.IsClosed) return moved;
            var wrote = !to.IsEmpty && to.Write();
            var read = from.Read(_exchanges, _check, out var madeRoom);
            if (wrote || madeRoom) _host.Wake(_members[peer]);
            if ((to.InvalidData ?? from.InvalidData) is { } invalid)
            {
                _host.Abort(_members[peer], new PeerFailureException(
                    $"Rank {_members[peer]} wrote invalid data to the memory that it shares with rank {_host.Rank}: {invalid}."));
            }
            moved |= wrote || read;
        }

        if (moved && _exchanges.Count > 0) RemoveDone_NeedsLock();
        return moved;
    }

    private void RemoveDone_NeedsLock()
    {
        foreach (var state in _exchanges.Values)
            if (state.IsDone) _exchanges.Remove(state.Number);
    }

    private bool Fits_NeedsLock(SameHostExchangeState state, int source, Frame frame)
    {
        var (me, peer) = (_host.Rank, _members[source]);
        var mismatch = frame.Tag != state.Tag ? ExchangeMismatchException.OfTags(me, state.Tag, peer, frame.Tag)
            : frame.Bytes != state.Receive[source].Bytes
                ? ExchangeMismatchException.OfLengths(me, state.Tag, peer, frame.Bytes, me, state.Receive[source].Bytes)
            : frame.Expected != state.Send[source].Bytes
                ? ExchangeMismatchException.OfLengths(me, state.Tag, me, state.Send[source].Bytes, peer, frame.Expected)
            : null;
        if (mismatch is null) return true;
        Fail_NeedsLock(me, mismatch);
        return false;
    }

    private void FindLeftPeers_NeedsLock(SameHostExchangeState state)
    {
        if (state.IsDone) return;
        foreach (var (peer, _, _) in _peers)
        {
            var rank = _members[peer];
            if (Volatile.Read(ref _host.Segment.Left(_set, rank)) != 0 && HasNotStarted(rank, state))
                _host.Abort(rank, LeftEarly(peer, state.Tag));
        }
    }

    // Checked from time to time: whether a process has ended, and whether the wait takes too long.
    private void CheckPeers_NeedsLock(SameHostExchangeState state, TimeSpan waited)
    {
        foreach (var (peer, _, _) in _peers)
        {
            var rank = _members[peer];
            if (Volatile.Read(ref _host.Segment.Left(_set, rank)) == 0 && _host.IsDead(rank))
            {
                _host.Abort(rank, new PeerFailureException(
                    $"Rank {rank}'s process ({_host.Segment.Word(rank, SegmentLayout.ProcessAt)}) has ended; detected in {state.Tag}."));
            }
        }

        if (waited < _options.Timeout) return;
        int[] missing = [.. _peers.Select(peer => _members[peer.Rank]).Where(rank => HasNotStarted(rank, state)).Order()];
        // All ranks have started; at least one makes no progress.
        if (missing.Length == 0) missing = [.. _peers.Select(peer => _members[peer.Rank]).Order()];
        Fail_NeedsLock(missing[0], new ExchangeTimeoutException(_host.Rank, state.Tag, _options.Timeout, missing));
    }

    private bool HasNotStarted(int rank, SameHostExchangeState state) =>
        Volatile.Read(ref _host.Segment.Started(_set, rank)) <= state.Number;

    // Aborts with an error that is thrown to this rank's caller, unless another abort came first.
    private void Fail_NeedsLock(int culprit, Exception failure)
    {
        if (_host.TryAbort(culprit, failure)) _found = failure;
    }

    private void ThrowIfAborted_NeedsLock(SameHostExchangeState? unless = null)
    {
        if (!_host.Fence.IsClosed || unless?.IsDone == true) return;
        if (_found is { } found)
        {
            _found = null;
            throw found;
        }

        throw _host.Fence.Abort(_host.Rank);
    }

    private InvalidOperationException LeftEarly(int peer, ExchangeTag tag) =>
        new($"Rank {_members[peer]} left the group before it took part in {tag}.");

    private static unsafe void CopyOwn(ExchangeBuffer from, ExchangeBuffer to)
    {
        if (from.Bytes > 0 && from.Pointer != to.Pointer)
            NativeMemory.Copy((void*)from.Pointer, (void*)to.Pointer, checked((nuint)from.Bytes));
    }

    private sealed class Handle(SameHostExchange exchange, SameHostExchangeState state) : IExchangeHandle
    {
        public bool IsCompleted => exchange.IsCompleted(state);

        public void Wait() => exchange.Wait(state);
    }
}
