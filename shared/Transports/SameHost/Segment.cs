using System.Text;

namespace Distributed.Transports.SameHost;

/// <summary>The memory that ranks of one host share, as one of them has it mapped.</summary>
internal sealed unsafe class Segment : IDisposable
{
    private readonly int _file;
    private byte* _memory;

    private Segment(int file, SegmentLayout layout)
    {
        (_file, Layout) = (file, layout);
        _memory = Libc.Map(file, layout.Bytes);
    }

    public SegmentLayout Layout { get; }

    /// <summary>Where other processes of this user find it, as long as this one lives.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{_file}";

    /// <summary>Makes it.</summary>
    /// <param name="layout">Of the memory.</param>
    /// <param name="group">Whose it is.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no memory.</exception>
    public static Segment Create(SegmentLayout layout, long group)
    {
        var segment = new Segment(Libc.CreateMemory("exchange", layout.Bytes), layout);
        segment.Board(SegmentLayout.SizeAt) = layout.Size;
        segment.Board(SegmentLayout.SetsAt) = layout.Sets;
        segment.Long(SegmentLayout.RingBytesAt) = layout.RingBytes;
        segment.Long(SegmentLayout.GroupAt) = group;
        Volatile.Write(ref segment.Long(SegmentLayout.MagicAt), SegmentLayout.Magic);
        return segment;
    }

    /// <summary>Maps what another rank made; null where it is not that of this group.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">It is gone, or not this user's.</exception>
    public static Segment? Open(string path, int size, int sets, long group)
    {
        var file = Libc.Open(path);
        var board = Libc.Map(file, SegmentLayout.Page);
        var layout = new SegmentLayout(size, sets, *(long*)(board + SegmentLayout.RingBytesAt));
        var ours = Volatile.Read(ref *(long*)(board + SegmentLayout.MagicAt)) == SegmentLayout.Magic && *(long*)(board + SegmentLayout.GroupAt) == group
            && *(int*)(board + SegmentLayout.SizeAt) == size && *(int*)(board + SegmentLayout.SetsAt) == sets;
        Libc.Unmap(board, SegmentLayout.Page);
        if (ours) return new Segment(file, layout);
        Libc.Close(file);
        return null;
    }

    public PairRing Ring(int set, int source, int destination) => new(_memory + Layout.RingAt(set, source, destination), Layout.RingBytes);

    /// <summary>A word of the board.</summary>
    public ref int Board(int at) => ref *(int*)(_memory + at);

    /// <summary>A word of a rank's page.</summary>
    public ref int Word(int rank, int at) => ref *(int*)(_memory + SegmentLayout.RankAt(rank) + at);

    public int* Bell(int rank) => (int*)(_memory + SegmentLayout.RankAt(rank) + SegmentLayout.BellAt);

    /// <summary>How many exchanges a rank has started in its group of a set.</summary>
    public ref long Started(int set, int rank) => ref Long(SegmentLayout.RankAt(rank) + SegmentLayout.StartedAt + set * SegmentLayout.SetStride);

    /// <summary>Whether a rank has left its group of a set.</summary>
    public ref int Left(int set, int rank) => ref Word(rank, SegmentLayout.LeftAt + set * SegmentLayout.SetStride);

    /// <summary>The text on the board, cut where there is no more room.</summary>
    public string Reason
    {
        get => Encoding.UTF8.GetString(_memory + SegmentLayout.ReasonAt, Math.Clamp(Board(SegmentLayout.ReasonLengthAt), 0, SegmentLayout.ReasonBytes));
        set
        {
            Encoding.UTF8.GetEncoder().Convert(value, new Span<byte>(_memory + SegmentLayout.ReasonAt, SegmentLayout.ReasonBytes), flush: true, out _, out var length, out _);
            Board(SegmentLayout.ReasonLengthAt) = length;
        }
    }

    /// <summary>Says that a rank lives, until this is disposed or the process ends, in whatever way. False where another says so already.</summary>
    public bool TryLive(int rank) => Libc.TryLock(_file, SegmentLayout.RankAt(rank));

    /// <summary>Whether somebody else says that a rank lives.</summary>
    public bool Lives(int rank) => Libc.IsLocked(_file, SegmentLayout.RankAt(rank));

    public void Dispose()
    {
        if (_memory == null) return;
        Libc.Unmap(_memory, Layout.Bytes);
        Libc.Close(_file);
        _memory = null;
    }

    private ref long Long(long at) => ref *(long*)(_memory + at);
}
