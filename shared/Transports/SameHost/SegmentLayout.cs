namespace Distributed.Transports.SameHost;

/// <summary>
/// Where what lies in the memory that ranks of one host share:
/// <code>
/// board                4 KiB    what the memory is, who aborted and why
/// a page per rank      4 KiB    its process, its bell, how far it is in each of its groups
/// per ordered pair              of each set of groups: two counters, then the ring's bytes
/// </code>
/// The groups of a set have no rank in common, so that a pair of ranks has one ring in it at most.
/// </summary>
/// <param name="Size">Ranks of the world.</param>
/// <param name="Sets">Sets of groups, at most <see cref="MostSets"/>: the world is one.</param>
/// <param name="RingBytes">Bytes of one ring, a power of two.</param>
internal readonly record struct SegmentLayout(int Size, int Sets, long RingBytes)
{
    /// <summary>The first bytes of the memory; another number is another layout of it.</summary>
    public const long Magic = 0x31_45_58_43_48_47_00_01;

    public const int Page = 4096, MostSets = 8;

    /// <summary>Of the board.</summary>
    public const int MagicAt = 0, SizeAt = 8, SetsAt = 12, RingBytesAt = 16, GroupAt = 24, FenceAt = 32, CulpritAt = 36, ReasonLengthAt = 40, ReasonAt = 64, ReasonBytes = Page - ReasonAt;

    /// <summary>Of a rank's page. The last two are of the first set; each set has a cache line.</summary>
    public const int JoinedAt = 0, ProcessAt = 4, SleepingAt = 64, BellAt = 68, StartedAt = 128, LeftAt = 136, SetStride = 64;

    /// <summary>Of a ring, each on a cache line of its own; then, a page on, the bytes.</summary>
    public const int WrittenAt = 0, ReadAt = 128, FullAt = 256;

    public long Bytes => RingAt(Sets - 1, Size - 1, Size - 1) + Page + RingBytes;

    public static long RankAt(int rank) => Page * (1L + rank);

    /// <summary>The ring from one rank to another in a set; one that is never touched takes no memory.</summary>
    public long RingAt(int set, int source, int destination) => RankAt(Size) + (((long)set * Size + source) * Size + destination) * (Page + RingBytes);
}
