namespace Distributed.Transports.SameHost;

/// <summary>
/// Bytes from one rank to another, in order, through shared memory: one rank writes, the other reads, and neither ever waits. Each has a
/// counter that only it changes; the bytes between the two counters are written and not read. Counters stay multiples of
/// <see cref="Unit"/>, so that copies begin on a cache line.
/// </summary>
internal readonly unsafe struct PairRing(byte* head, long bytes)
{
    public const int Unit = 64;

    private readonly long* _written = (long*)(head + SegmentLayout.WrittenAt), _read = (long*)(head + SegmentLayout.ReadAt);
    private readonly int* _full = (int*)(head + SegmentLayout.FullAt);
    private readonly byte* _data = head + SegmentLayout.Page;

    /// <summary>Bytes that can be written now; negative if the reader's counter is invalid.</summary>
    public long Free => bytes - ValidOr(*_written - Volatile.Read(ref *_read), otherwise: bytes + 1);

    /// <summary>Bytes that can be read now; negative if the writer's counter is invalid.</summary>
    public long Ready => ValidOr(Volatile.Read(ref *_written) - *_read, otherwise: -1);

    /// <summary>Whether the writer has more bytes than there was room for. A reader that makes room then wakes the writer.</summary>
    public bool IsFull
    {
        get => Volatile.Read(ref *_full) != 0;
        set => Volatile.Write(ref *_full, value ? 1 : 0);
    }

    // The other process may have written any value; an invalid counter is never used for a copy.
    private long ValidOr(long between, long otherwise) => between >= 0 && between <= bytes && between % Unit == 0 ? between : otherwise;

    /// <summary>Returns the space that <paramref name="count"/> bytes take.</summary>
    public static long Padded(long count) => (count + Unit - 1) & -Unit;

    /// <summary>Writes bytes. There must be room for them, padded.</summary>
    public void Write(byte* from, long count)
    {
        var at = *_written & (bytes - 1);
        var first = Math.Min(count, bytes - at);
        Buffer.MemoryCopy(from, _data + at, first, first);
        if (count > first) Buffer.MemoryCopy(from + first, _data, count - first, count - first);
        Volatile.Write(ref *_written, *_written + Padded(count));
    }

    /// <summary>Reads bytes. They must be ready, padded.</summary>
    public void Read(byte* to, long count)
    {
        var at = *_read & (bytes - 1);
        var first = Math.Min(count, bytes - at);
        Buffer.MemoryCopy(_data + at, to, first, first);
        if (count > first) Buffer.MemoryCopy(_data, to + first, count - first, count - first);
        Volatile.Write(ref *_read, *_read + Padded(count));
    }
}
