namespace Distributed.Transports.SameHost;

/// <summary>
/// Layout of the memory that the ranks of one host share:
/// <code>
/// board                4 KiB    identity of the memory, culprit and reason of an abort
/// a page per rank      4 KiB    its process, its bell, its progress in each of its groups
/// per ordered pair              of each set of groups: two counters, then the bytes of the ring
/// </code>
/// The groups of a set have no rank in common, so a pair of ranks has at most one ring in a set.
/// </summary>
/// <param name="Size">Number of ranks in the world.</param>
/// <param name="Sets">Number of sets of groups, at most <see cref="MaxSets"/>; the world is one.</param>
/// <param name="RingBytes">Bytes of one ring, a power of two.</param>
internal readonly record struct SegmentLayout(int Size, int Sets, long RingBytes)
{
    /// <summary>The first 8 bytes of the memory. Another layout has another number.</summary>
    public const long Magic = 0x31_45_58_43_48_47_00_01;

    public const int Page = 4096, MaxSets = 8;

    /// <summary>Offsets in the board.</summary>
    public const int MagicAt = 0, SizeAt = 8, SetsAt = 12, RingBytesAt = 16, GroupAt = 24, FenceAt = 32, CulpritAt = 36,
        ReasonLengthAt = 40, ReasonAt = 64, ReasonBytes = Page - ReasonAt;

    /// <summary>
    /// Offsets in a rank's page. <see cref="StartedAt"/> and <see cref="LeftAt"/> are those of set 0; each set has a cache line.
    /// </summary>
    public const int JoinedAt = 0, ProcessAt = 4, SleepingAt = 64, BellAt = 68, StartedAt = 128, LeftAt = 136, SetStride = 64;

    /// <summary>Offsets in a ring, each on its own cache line. The bytes follow after one page.</summary>
    public const int WrittenAt = 0, ReadAt = 128, FullAt = 256;

    public long Bytes => RingAt(Sets - 1, Size - 1, Size - 1) + Page + RingBytes;

    public static long RankAt(int rank) => Page * (1L + rank);

    /// <summary>Returns the offset of the ring from one rank to another in a set. A ring that is never accessed uses no memory.</summary>
    public long RingAt(int set, int source, int destination) =>
        RankAt(Size) + (((long)set * Size + source) * Size + destination) * (Page + RingBytes);
}
