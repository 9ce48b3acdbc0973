using System.Diagnostics;

namespace Distributed.Transports.SameHost;

/// <summary>The first abort of any group of a world, on the board in the shared memory.</summary>
internal sealed class HostFence(Segment segment)
{
    private const int Open = 0, Writing = 1, Closed = 2;

    /// <summary>How long to wait for the culprit and the reason to be written. A rank that dies while writing leaves no reason.</summary>
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromMilliseconds(100);

    private Exception? _own; // the exception itself, if this rank aborted

    public bool IsClosed => Volatile.Read(ref segment.Board(SegmentLayout.FenceAt)) != Open;

    /// <summary>Aborts the groups. Returns false if they are already aborted.</summary>
    /// <param name="culprit">World rank that caused the abort.</param>
    /// <param name="reason">Reason of the abort.</param>
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

    /// <summary>Creates the exception of the first abort, for a rank.</summary>
    public ExchangeAbortedException Abort(int rank)
    {
        var begun = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref segment.Board(SegmentLayout.FenceAt)) == Writing && Stopwatch.GetElapsedTime(begun) < WriteTimeout)
            Thread.Yield();
        return new ExchangeAbortedException(rank, segment.Board(SegmentLayout.CulpritAt), _own ?? new PeerFailureException(segment.Reason));
    }
}
