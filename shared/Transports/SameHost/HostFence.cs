using System.Diagnostics;

namespace Distributed.Transports.SameHost;

/// <summary>The first abort of any group of a world, on the board that all ranks see.</summary>
internal sealed class HostFence(Segment segment)
{
    private const int Open = 0, Writing = 1, Closed = 2;

    /// <summary>To write down who and why; whoever dies meanwhile leaves no reason.</summary>
    private static readonly TimeSpan WritingTakes = TimeSpan.FromMilliseconds(100);

    private Exception? _own; // where this rank aborted: the exception itself

    public bool IsClosed => Volatile.Read(ref segment.Board(SegmentLayout.FenceAt)) != Open;

    /// <summary>Aborts; false where somebody has done so before.</summary>
    /// <param name="culprit">The rank of the world that is named.</param>
    /// <param name="reason">Why.</param>
    public bool TryClose(int culprit, Exception reason)
    {
        ref var fence = ref segment.Board(SegmentLayout.FenceAt);
        if (Interlocked.CompareExchange(ref fence, Writing, Open) != Open) return false;
        _own = reason;
        segment.Board(SegmentLayout.CulpritAt) = culprit;
        segment.Reason = reason.Message;
        Volatile.Write(ref fence, Closed);
        return true;
    }

    /// <summary>What the first abort says, to a rank.</summary>
    public ExchangeAbortedException Abort(int rank)
    {
        var begun = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref segment.Board(SegmentLayout.FenceAt)) == Writing && Stopwatch.GetElapsedTime(begun) < WritingTakes) Thread.Yield();
        return new ExchangeAbortedException(rank, segment.Board(SegmentLayout.CulpritAt), _own ?? new PeerFailureException(segment.Reason));
    }
}
