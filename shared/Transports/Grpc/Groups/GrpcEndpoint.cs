using System.Runtime.InteropServices;

namespace Distributed.Transports.Grpc.Groups;

/// <summary>
/// One rank's end of the exchanges of a group. This part has the calls of the training thread. Departures has the frames that are sent,
/// and Arrivals those that are received, on network threads. All state needs the fence's lock. Copies run outside the lock, and the
/// fence counts them.
/// </summary>
internal sealed partial class GrpcEndpoint : IExchange
{
    private readonly GrpcFabric _fabric;
    private readonly GroupFence _fence;
    private readonly int[] _ranks; // world ranks, by group rank
    private readonly int _number; // number of the group in this rank's hello
    private readonly Dictionary<long, GrpcExchangeState> _exchanges = []; // by number: started by any rank and not complete on this one
    private readonly PeerProgress[] _peers;
    private long _started;
    private bool _left;

    public GrpcEndpoint(GrpcFabric fabric, int number, IReadOnlyList<int> ranks)
    {
        (_fabric, _fence, _number, _ranks) = (fabric, fabric.Fence, number, [.. ranks]);
        _peers = new PeerProgress[ranks.Count];
        Rank = GroupRankOf(fabric.Rank);
    }

    // Progress of another rank in the exchanges of this group.
    private struct PeerProgress
    {
        public long Announced;        // exchanges that the peer has announced to this rank
        public long AnnouncedTo;      // exchanges that this rank has announced to the peer
        public long Credit;           // payload bytes sent to the peer that it may have to hold
        public long Held;             // payload bytes of the peer that this rank holds
        public long? LeftAfter;       // exchanges that the peer had started when it left; null before
        public long Progress;         // last progress that the peer sent
        public bool IsProgressQueued; // whether this rank's progress is queued for the peer
    }

    public int Rank { get; }

    public int Size => _ranks.Length;

    public bool HasLeft
    {
        get { lock (_fence.Gate) return _left; }
    }

    public IExchangeHandle Start(ExchangeTag tag, ReadOnlySpan<ExchangeBuffer> send, ReadOnlySpan<ExchangeBuffer> receive)
    {
        ExchangeArguments.Check(Rank, Size, tag, send, receive);
        GrpcExchangeState state;
        ExchangeMismatchException? mismatch;
        var left = -1;
        lock (_fence.Gate)
        {
            ObjectDisposedException.ThrowIf(_left, this);
            _fence.ThrowIfFenced_NeedsLock();
            state = State_NeedsLock(_started);
            state.Post(tag, send.ToArray(), receive.ToArray());
            mismatch = Enumerable.Range(0, Size).Select(state.FindMismatch).FirstOrDefault(found => found is not null);
            state.IsBroken = mismatch is not null;
            if (mismatch is null)
            {
                _started++;
                for (var peer = 0; peer < Size; peer++)
                {
                    if (_peers[peer].LeftAfter < _started) left = peer;
                    if (peer != Rank) Announce_NeedsLock(peer);
                }
            }
        }

        if (mismatch is not null)
        {
            Raise(FenceCause.Detected(WorldRankOf(Rank), mismatch));
            lock (_fence.Gate) _fence.ThrowIfFenced_NeedsLock();
        }

        TakeArrived(state);
        if (left >= 0) _fabric.RaiseInBackground(Absence(left, tag));
        return new Handle(this, state);
    }

    public void Abort(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        Raise(FenceCause.Reported(WorldRankOf(Rank), reason));
        lock (_fence.Gate) _fence.AwaitCopies_NeedsLock();
    }

    public void Dispose()
    {
        GrpcExchangeState? open;
        lock (_fence.Gate)
        {
            if (_left) return;
            _left = true;
            open = _exchanges.Values.FirstOrDefault();
            if (open is null && _fence.Cause is null) SendLeave_NeedsLock();
        }

        if (open is null) return;
        Raise(Absence(Rank, (open.Own ?? open.AnyAnnouncement()).Tag));
        lock (_fence.Gate) _fence.AwaitCopies_NeedsLock();
    }

    private void Wait(GrpcExchangeState state)
    {
        var clock = _fabric.Options.TimeProvider;
        var begun = clock.GetTimestamp();
        using var timer = new OneShotTimer(clock, Wake);
        while (true)
        {
            ExchangeTimeoutException timeout;
            int culprit;
            lock (_fence.Gate)
            {
                if (state.IsComplete) return;
                _fence.ThrowIfFenced_NeedsLock();
                var left = _fabric.Options.Timeout - clock.GetElapsedTime(begun);
                if (left > TimeSpan.Zero)
                {
                    timer.Set(left);
                    Monitor.Wait(_fence.Gate);
                    continue;
                }

                int[] missing = [.. state.Missing().Select(WorldRankOf)];
                culprit = missing.FirstOrDefault(WorldRankOf(Rank));
                timeout = new ExchangeTimeoutException(WorldRankOf(Rank), state.Own!.Tag, _fabric.Options.Timeout, missing);
            }
            Raise(FenceCause.Detected(culprit, timeout));
        }
    }

    // Copies what this rank sends to itself, and small payloads that arrived before it started the exchange.
    private unsafe void TakeArrived(GrpcExchangeState state)
    {
        List<(int Peer, byte[] Rented, int Bytes)>? held = null;
        lock (_fence.Gate)
        {
            if (!_fence.TryBeginCopy_NeedsLock()) return;
            for (var peer = 0; peer < Size; peer++)
            {
                if (state.TakeHeld(peer) is { } payload) (held ??= []).Add((peer, payload.Rented, payload.Bytes));
            }
        }

        var (from, to) = (state.Send[Rank], state.Receive[Rank]);
        if (from.Pointer != to.Pointer) NativeMemory.Copy((void*)from.Pointer, (void*)to.Pointer, checked((nuint)from.Bytes));
        foreach (var (peer, rented, bytes) in held ?? []) CopyHeld(rented, bytes, state.Receive[peer]);

        lock (_fence.Gate)
        {
            _fence.EndCopy_NeedsLock();
            state.Received(Rank, from.Bytes);
            state.Sent(Rank, from.Bytes);
            foreach (var (peer, _, bytes) in held ?? [])
            {
                _peers[peer].Held -= bytes;
                state.Received(peer, bytes);
            }
            Finish_NeedsLock(state);
        }
    }

    private GrpcExchangeState State_NeedsLock(long number)
    {
        if (!_exchanges.TryGetValue(number, out var state))
            _exchanges.Add(number, state = new GrpcExchangeState(Rank, Size, number, WorldRankOf));
        return state;
    }

    private void Finish_NeedsLock(GrpcExchangeState state)
    {
        if (!state.IsComplete || !_exchanges.Remove(state.Number)) return;
        Monitor.PulseAll(_fence.Gate);
    }

    private int WorldRankOf(int rank) => _ranks[rank];

    private FenceCause Absence(int rank, ExchangeTag tag) => FenceCause.Reported(
        WorldRankOf(rank), new InvalidOperationException($"Rank {WorldRankOf(rank)} left the group before it took part in {tag}."));

    // Blocks the caller, which is not a network thread, until the other ranks are notified.
    private void Raise(FenceCause cause) => Task.Run(() => _fabric.RaiseAsync(cause)).GetAwaiter().GetResult();

    private void Wake()
    {
        lock (_fence.Gate) Monitor.PulseAll(_fence.Gate);
    }

    private sealed class Handle(GrpcEndpoint end, GrpcExchangeState state) : IExchangeHandle
    {
        public bool IsCompleted
        {
            get { lock (end._fence.Gate) return state.IsComplete || end._fence.Cause is not null; }
        }

        public void Wait() => end.Wait(state);
    }
}
