using System.Text;

namespace Distributed.Transports.SameHost;

/// <summary>The memory that the ranks of one host share, as mapped by one of them.</summary>
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

    /// <summary>Path by which other processes of this user open the memory while this process runs.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{_file}";

    /// <summary>Creates the memory.</summary>
    /// <param name="layout">Layout of the memory.</param>
    /// <param name="group">Number that identifies the group and its epoch.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">The memory cannot be created.</exception>
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

    /// <summary>Maps the memory that another rank created. Returns null if it belongs to another group.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The memory no longer exists or belongs to another user.</exception>
    public static Segment? Open(string path, int size, int sets, long group)
    {
        var file = Libc.Open(path);
        var board = Libc.Map(file, SegmentLayout.Page);
        var layout = new SegmentLayout(size, sets, *(long*)(board + SegmentLayout.RingBytesAt));
        var ours = Volatile.Read(ref *(long*)(board + SegmentLayout.MagicAt)) == SegmentLayout.Magic
            && *(long*)(board + SegmentLayout.GroupAt) == group
            && *(int*)(board + SegmentLayout.SizeAt) == size && *(int*)(board + SegmentLayout.SetsAt) == sets;
        Libc.Unmap(board, SegmentLayout.Page);
        if (ours) return new Segment(file, layout);
        Libc.Close(file);
        return null;
    }

    public PairRing Ring(int set, int source, int destination) => new(_memory + Layout.RingAt(set, source, destination), Layout.RingBytes);

    /// <summary>Returns a word of the board.</summary>
    public ref int Board(int at) => ref *(int*)(_memory + at);

    /// <summary>Returns a word of a rank's page.</summary>
    public ref int Word(int rank, int at) => ref *(int*)(_memory + SegmentLayout.RankAt(rank) + at);

    public int* Bell(int rank) => (int*)(_memory + SegmentLayout.RankAt(rank) + SegmentLayout.BellAt);

    /// <summary>Returns the number of exchanges that a rank has started in its group of a set.</summary>
    public ref long Started(int set, int rank) =>
        ref Long(SegmentLayout.RankAt(rank) + SegmentLayout.StartedAt + set * SegmentLayout.SetStride);

    /// <summary>Returns a word that is not 0 if a rank has left its group of a set.</summary>
    public ref int Left(int set, int rank) => ref Word(rank, SegmentLayout.LeftAt + set * SegmentLayout.SetStride);

    /// <summary>The reason of the abort, on the board; truncated to the space there.</summary>
    public string Reason
    {
        get => Encoding.UTF8.GetString(_memory + SegmentLayout.ReasonAt,
            Math.Clamp(Board(SegmentLayout.ReasonLengthAt), 0, SegmentLayout.ReasonBytes));
        set
        {
            Encoding.UTF8.GetEncoder().Convert(value, new Span<byte>(_memory + SegmentLayout.ReasonAt, SegmentLayout.ReasonBytes),
                flush: true, out _, out var length, out _);
            Board(SegmentLayout.ReasonLengthAt) = length;
        }
    }

    /// <summary>
    /// Marks a rank as alive, until this object is disposed or the process ends, however it ends. Returns false if another process has
    /// marked it.
    /// </summary>
    public bool TryMarkAlive(int rank) => Libc.TryLock(_file, SegmentLayout.RankAt(rank));

    /// <summary>Returns whether another process has marked a rank as alive.</summary>
    public bool IsAlive(int rank) => Libc.IsLocked(_file, SegmentLayout.RankAt(rank));

    public void Dispose()
    {
        if (_memory == null) return;
        Libc.Unmap(_memory, Layout.Bytes);
        Libc.Close(_file);
        _memory = null;
    }

    private ref long Long(long at) => ref *(long*)(_memory + at);
}
