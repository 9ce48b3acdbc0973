using System.Diagnostics;

namespace Distributed.Transports.Grpc.Groups;

/// <summary>
/// State that all groups of one epoch share on a rank: one lock, the first verdict, and the number of copies that currently read or
/// write the caller's memory. No copy begins after the verdict. A call that throws first waits for the copies in flight, which takes
/// as long as a memory copy.
/// </summary>
internal sealed class GroupFence(int rank)
{
    private int _copies;
    private bool _thrown;

    public object Gate { get; } = new();

    /// <summary>Why the groups are fenced; null if they are not. Needs the lock.</summary>
    public Verdict? Verdict { get; private set; }

    /// <summary>Fences the groups unless they are fenced. Returns the verdict that holds, and whether it is the given one.</summary>
    public (Verdict Holds, bool IsFirst) Set(Verdict verdict)
    {
        lock (Gate)
        {
            var first = Verdict is null;
            Verdict ??= verdict;
            Monitor.PulseAll(Gate);
            return (Verdict, first);
        }
    }

    public bool TryBeginCopy()
    {
        lock (Gate) return TryBeginCopy_NeedsLock();
    }

    public bool TryBeginCopy_NeedsLock()
    {
        Debug.Assert(Monitor.IsEntered(Gate));
        if (Verdict is not null) return false;
        _copies++;
        return true;
    }

    public void EndCopy_NeedsLock()
    {
        Debug.Assert(Monitor.IsEntered(Gate));
        if (--_copies == 0 && Verdict is not null) Monitor.PulseAll(Gate);
    }

    public void AwaitCopies_NeedsLock()
    {
        Debug.Assert(Monitor.IsEntered(Gate));
        while (_copies > 0) Monitor.Wait(Gate);
    }

    public void ThrowIfFenced_NeedsLock()
    {
        Debug.Assert(Monitor.IsEntered(Gate));
        if (Verdict is null) return;
        AwaitCopies_NeedsLock();
        if (Verdict.ThrowsReason && !_thrown)
        {
            _thrown = true;
            throw Verdict.Reason;
        }
        throw new ExchangeAbortedException(rank, Verdict.Culprit, Verdict.Reason);
    }
}
