using System.Diagnostics;

namespace Distributed.Transports.SameHost;

/// <summary>One rank of the world in the shared memory: its bell, its lock and the fence. All ends of the rank's groups use it.</summary>
internal sealed unsafe class HostRank : IDisposable
{
    /// <summary>Longest time between the end of a process and its detection, while a rank waits.</summary>
    public static readonly TimeSpan DetectionTime = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lifetime = new(); // an abort may come from any thread, also while the rank leaves
    private readonly Segment _segment;
    private int _ends;

    /// <summary>Joins as a rank.</summary>
    /// <param name="segment">The shared memory, disposed with the last end.</param>
    /// <param name="rank">World rank of this process.</param>
    /// <exception cref="InvalidOperationException">Another process has joined as this rank.</exception>
    public HostRank(Segment segment, int rank)
    {
        (_segment, Rank, Fence) = (segment, rank, new HostFence(segment));
        if (!segment.TryMarkAlive(rank))
            throw new InvalidOperationException($"Rank {rank} is already in use by process {segment.Word(rank, SegmentLayout.ProcessAt)}.");
        segment.Word(rank, SegmentLayout.ProcessAt) = Environment.ProcessId;
        Volatile.Write(ref segment.Word(rank, SegmentLayout.JoinedAt), 1);
        WakeAll();
    }

    /// <summary>World rank of this process.</summary>
    public int Rank { get; }

    public HostFence Fence { get; }

    public Segment Segment => _segment;

    /// <summary>The ranks that have not joined yet.</summary>
    public IReadOnlyList<int> Absent =>
        [.. Enumerable.Range(0, _segment.Layout.Size).Where(rank => Volatile.Read(ref _segment.Word(rank, SegmentLayout.JoinedAt)) == 0)];

    /// <summary>Adds an end, which is disposed later.</summary>
    public HostRank Share()
    {
        _ends++;
        return this;
    }

    /// <summary>Aborts all groups. May be called from any thread, also after the rank has left.</summary>
    public void Abort(int culprit, Exception reason) => TryAbort(culprit, reason);

    /// <summary>Aborts all groups. Returns false if they are already aborted.</summary>
    public bool TryAbort(int culprit, Exception reason)
    {
        lock (_lifetime)
        {
            if (_ends < 0 || !Fence.TryClose(culprit, reason)) return false;
            WakeAll();
            return true;
        }
    }

    /// <summary>Wakes a rank if it sleeps. The caller has already written what the rank must see.</summary>
    public void Wake(int rank)
    {
        Interlocked.MemoryBarrier(); // the rank checks for work once more after it has marked itself as sleeping
        if (Volatile.Read(ref _segment.Word(rank, SegmentLayout.SleepingAt)) == 0) return;
        Interlocked.Increment(ref *_segment.Bell(rank));
        Libc.Wake(_segment.Bell(rank));
    }

    /// <summary>Wakes all ranks.</summary>
    public void WakeAll()
    {
        for (var rank = 0; rank < _segment.Layout.Size; rank++) Wake(rank);
    }

    /// <summary>Sleeps until the bell rings, at most <see cref="DetectionTime"/>.</summary>
    /// <param name="hasWork">Called once more before sleeping; returns whether there is work.</param>
    /// <returns>Whether there was work.</returns>
    public bool Sleep(Func<bool> hasWork)
    {
        ref var sleeping = ref _segment.Word(Rank, SegmentLayout.SleepingAt);
        Interlocked.Increment(ref sleeping);
        try
        {
            var bell = _segment.Bell(Rank);
            var seen = Volatile.Read(ref *bell);
            if (hasWork()) return true;
            Libc.Wait(bell, seen, DetectionTime);
            return false;
        }
        finally
        {
            Interlocked.Decrement(ref sleeping);
        }
    }

    /// <summary>Returns whether the process of a rank that has joined has ended.</summary>
    public bool IsDead(int rank) => rank != Rank && !_segment.IsAlive(rank);

    /// <summary>Releases one end. The last one releases the rank and the memory.</summary>
    public void Dispose()
    {
        lock (_lifetime)
        {
            if (--_ends > 0) return;
            Debug.Assert(_ends == 0);
            _ends = -1;
            _segment.Dispose();
        }
    }
}
