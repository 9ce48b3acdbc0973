using System.Diagnostics;

namespace Distributed.Transports.SameHost;

/// <summary>One rank of the world on the memory that all share: its bell, its life, the fence. All ends of the rank's groups use it.</summary>
internal sealed unsafe class HostRank : IDisposable
{
    /// <summary>From the death of a process to its notice, at most, while a rank waits.</summary>
    public static readonly TimeSpan LookAround = TimeSpan.FromMilliseconds(50);

    private readonly Lock _life = new(); // an abort may come from any thread, also while the rank leaves
    private readonly Segment _segment;
    private int _ends;

    /// <summary>Takes its place.</summary>
    /// <param name="segment">The shared memory, disposed with the last end.</param>
    /// <param name="rank">Of the world.</param>
    /// <exception cref="InvalidOperationException">Another process has taken the place.</exception>
    public HostRank(Segment segment, int rank)
    {
        (_segment, Rank, Fence) = (segment, rank, new HostFence(segment));
        if (!segment.TryLive(rank)) throw new InvalidOperationException($"Rank {rank} is there already: process {segment.Word(rank, SegmentLayout.ProcessAt)} has taken its place.");
        segment.Word(rank, SegmentLayout.ProcessAt) = Environment.ProcessId;
        Volatile.Write(ref segment.Word(rank, SegmentLayout.JoinedAt), 1);
        RingAll();
    }

    /// <summary>Of the world.</summary>
    public int Rank { get; }

    public HostFence Fence { get; }

    public Segment Segment => _segment;

    /// <summary>The ranks that are not there yet.</summary>
    public IReadOnlyList<int> Absent => [.. Enumerable.Range(0, _segment.Layout.Size).Where(rank => Volatile.Read(ref _segment.Word(rank, SegmentLayout.JoinedAt)) == 0)];

    /// <summary>One more end to be disposed.</summary>
    public HostRank Share()
    {
        _ends++;
        return this;
    }

    /// <summary>Aborts all groups; from any thread, also when all is over.</summary>
    public void Abort(int culprit, Exception reason) => TryAbort(culprit, reason);

    /// <summary>Aborts all groups; false where somebody was first.</summary>
    public bool TryAbort(int culprit, Exception reason)
    {
        lock (_life)
        {
            if (_ends < 0 || !Fence.TryClose(culprit, reason)) return false;
            RingAll();
            return true;
        }
    }

    /// <summary>Wakes a rank that sleeps. What it is to see has been written before.</summary>
    public void Ring(int rank)
    {
        Interlocked.MemoryBarrier(); // it looks once more after it has said that it sleeps
        if (Volatile.Read(ref _segment.Word(rank, SegmentLayout.SleepingAt)) == 0) return;
        Interlocked.Increment(ref *_segment.Bell(rank));
        Libc.Wake(_segment.Bell(rank));
    }

    /// <summary>Wakes all ranks.</summary>
    public void RingAll()
    {
        for (var rank = 0; rank < _segment.Layout.Size; rank++) Ring(rank);
    }

    /// <summary>Sleeps until the bell rings, at most <see cref="LookAround"/>.</summary>
    /// <param name="hasWork">Asked once more before sleeping: whether there is something to do.</param>
    /// <returns>Whether there was.</returns>
    public bool Sleep(Func<bool> hasWork)
    {
        ref var sleeping = ref _segment.Word(Rank, SegmentLayout.SleepingAt);
        Interlocked.Increment(ref sleeping);
        try
        {
            var bell = _segment.Bell(Rank);
            var seen = Volatile.Read(ref *bell);
            if (hasWork()) return true;
            Libc.Wait(bell, seen, LookAround);
            return false;
        }
        finally
        {
            Interlocked.Decrement(ref sleeping);
        }
    }

    /// <summary>Whether the process of a rank that has joined is there no more.</summary>
    public bool IsDead(int rank) => rank != Rank && !_segment.Lives(rank);

    /// <summary>Gives back one end; with the last one the place and the memory.</summary>
    public void Dispose()
    {
        lock (_life)
        {
            if (--_ends > 0) return;
            Debug.Assert(_ends == 0);
            _ends = -1;
            _segment.Dispose();
        }
    }
}
