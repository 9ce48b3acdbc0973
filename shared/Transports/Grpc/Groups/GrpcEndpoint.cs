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
    private readonly Dictionary<long, GrpcRound> _rounds = []; // by number: started by any rank and not complete on this one
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
        GrpcRound round;
        ExchangeMismatchException? mismatch;
        var left = -1;
        lock (_fence.Gate)
        {
            ObjectDisposedException.ThrowIf(_left, this);
            _fence.ThrowIfFenced_NeedsLock();
            round = Round_NeedsLock(_started);
            round.Post(tag, send.ToArray(), receive.ToArray());
            mismatch = Enumerable.Range(0, Size).Select(round.FindMismatch).FirstOrDefault(found => found is not null);
            round.IsBroken = mismatch is not null;
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
            Raise(Verdict.Finding(WorldRankOf(Rank), mismatch));
            lock (_fence.Gate) _fence.ThrowIfFenced_NeedsLock();
        }

        TakeArrived(round);
        if (left >= 0) _fabric.RaiseInBackground(Absence(left, tag));
        return new Handle(this, round);
    }

    public void Abort(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        Raise(Verdict.Notice(WorldRankOf(Rank), reason));
        lock (_fence.Gate) _fence.AwaitCopies_NeedsLock();
    }

    public void Dispose()
    {
        GrpcRound? open;
        lock (_fence.Gate)
        {
            if (_left) return;
            _left = true;
            open = _rounds.Values.FirstOrDefault();
            if (open is null && _fence.Verdict is null) SendLeave_NeedsLock();
        }

        if (open is null) return;
        Raise(Absence(Rank, (open.Own ?? open.AnyAnnouncement()).Tag));
        lock (_fence.Gate) _fence.AwaitCopies_NeedsLock();
    }

    private void Wait(GrpcRound round)
    {
        var clock = _fabric.Options.TimeProvider;
        var begun = clock.GetTimestamp();
        using var alarm = new Alarm(clock, Wake);
        while (true)
        {
            ExchangeTimeoutException timeout;
            int culprit;
            lock (_fence.Gate)
            {
                if (round.IsComplete) return;
                _fence.ThrowIfFenced_NeedsLock();
                var left = _fabric.Options.Timeout - clock.GetElapsedTime(begun);
                if (left > TimeSpan.Zero)
                {
                    alarm.Set(left);
                    Monitor.Wait(_fence.Gate);
                    continue;
                }

                int[] missing = [.. round.Missing().Select(WorldRankOf)];
                culprit = missing.FirstOrDefault(WorldRankOf(Rank));
                timeout = new ExchangeTimeoutException(WorldRankOf(Rank), round.Own!.Tag, _fabric.Options.Timeout, missing);
            }
            Raise(Verdict.Finding(culprit, timeout));
        }
    }

    // Copies what this rank sends to itself, and small payloads that arrived before it started the exchange.
    private unsafe void TakeArrived(GrpcRound round)
    {
        List<(int Peer, byte[] Rented, int Bytes)>? held = null;
        lock (_fence.Gate)
        {
            if (!_fence.TryBeginCopy_NeedsLock()) return;
            for (var peer = 0; peer < Size; peer++)
            {
                if (round.TakeHeld(peer) is { } payload) (held ??= []).Add((peer, payload.Rented, payload.Bytes));
            }
        }

        var (from, to) = (round.Send[Rank], round.Receive[Rank]);
        if (from.Pointer != to.Pointer) NativeMemory.Copy((void*)from.Pointer, (void*)to.Pointer, checked((nuint)from.Bytes));
        foreach (var (peer, rented, bytes) in held ?? []) CopyHeld(rented, bytes, round.Receive[peer]);

        lock (_fence.Gate)
        {
            _fence.EndCopy_NeedsLock();
            round.Received(Rank, from.Bytes);
            round.Sent(Rank, from.Bytes);
            foreach (var (peer, _, bytes) in held ?? [])
            {
                _peers[peer].Held -= bytes;
                round.Received(peer, bytes);
            }
            Finish_NeedsLock(round);
        }
    }

    private GrpcRound Round_NeedsLock(long number)
    {
        if (!_rounds.TryGetValue(number, out var round)) _rounds.Add(number, round = new GrpcRound(Rank, Size, number, WorldRankOf));
        return round;
    }

    private void Finish_NeedsLock(GrpcRound round)
    {
        if (!round.IsComplete || !_rounds.Remove(round.Number)) return;
        Monitor.PulseAll(_fence.Gate);
    }

    private int WorldRankOf(int rank) => _ranks[rank];

    private Verdict Absence(int rank, ExchangeTag tag) => Verdict.Notice(
        WorldRankOf(rank), new InvalidOperationException($"Rank {WorldRankOf(rank)} left the group before it took part in {tag}."));

    // Blocks the caller, which is not a network thread, until the other ranks are notified.
    private void Raise(Verdict verdict) => Task.Run(() => _fabric.RaiseAsync(verdict)).GetAwaiter().GetResult();

    private void Wake()
    {
        lock (_fence.Gate) Monitor.PulseAll(_fence.Gate);
    }

    private sealed class Handle(GrpcEndpoint end, GrpcRound round) : IExchangeHandle
    {
        public bool IsCompleted
        {
            get { lock (end._fence.Gate) return round.IsComplete || end._fence.Verdict is not null; }
        }

        public void Wait() => end.Wait(round);
    }
}
