namespace Distributed.Transports.SameHost;

/// <summary>
/// Bytes from one rank to another, in order, through memory that both have: one writes, one reads, and neither ever waits.
/// Each has a counter that only it moves; what lies between the two has been written and not read. Counters stay multiples of
/// <see cref="Unit"/>, so that copies begin on a cache line.
/// </summary>
internal readonly unsafe struct PairRing(byte* head, long bytes)
{
    public const int Unit = 64;

    private readonly long* _written = (long*)(head + SegmentLayout.WrittenAt), _read = (long*)(head + SegmentLayout.ReadAt);
    private readonly int* _full = (int*)(head + SegmentLayout.FullAt);
    private readonly byte* _data = head + SegmentLayout.Page;

    /// <summary>How many bytes can be written now; less than none where the reader's counter is none that a reader leaves.</summary>
    public long Free => bytes - Sound(*_written - Volatile.Read(ref *_read), otherwise: bytes + 1);

    /// <summary>How many bytes can be read now; less than none where the writer's counter is none that a writer leaves.</summary>
    public long Ready => Sound(Volatile.Read(ref *_written) - *_read, otherwise: -1);

    /// <summary>Whether the writer has more than there was room for; whoever makes room then rings its bell.</summary>
    public bool IsFull
    {
        get => Volatile.Read(ref *_full) != 0;
        set => Volatile.Write(ref *_full, value ? 1 : 0);
    }

    // The other end's process may have written anything; nobody copies by that.
    private long Sound(long between, long otherwise) => between >= 0 && between <= bytes && between % Unit == 0 ? between : otherwise;

    /// <summary>What <paramref name="count"/> bytes take.</summary>
    public static long Padded(long count) => (count + Unit - 1) & -Unit;

    /// <summary>Writes; there must be room for them, padded.</summary>
    public void Write(byte* from, long count)
    {
        var at = *_written & (bytes - 1);
        var first = Math.Min(count, bytes - at);
        Buffer.MemoryCopy(from, _data + at, first, first);
        if (count > first) Buffer.MemoryCopy(from + first, _data, count - first, count - first);
        Volatile.Write(ref *_written, *_written + Padded(count));
    }

    /// <summary>Reads; so many, padded, must be ready.</summary>
    public void Read(byte* to, long count)
    {
        var at = *_read & (bytes - 1);
        var first = Math.Min(count, bytes - at);
        Buffer.MemoryCopy(_data + at, to, first, first);
        if (count > first) Buffer.MemoryCopy(_data, to + first, count - first, count - first);
        Volatile.Write(ref *_read, *_read + Padded(count));
    }
}
