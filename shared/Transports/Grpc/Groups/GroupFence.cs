using System.Diagnostics;

namespace Distributed.Transports.Grpc.Groups;

/// <summary>
/// State that all groups of one epoch share on a rank: one lock, the cause of the fence, and the number of copies that currently read
/// or write the caller's memory. No copy begins after the fence. A call that throws first waits for the copies in flight, which takes
/// as long as a memory copy.
/// </summary>
internal sealed class GroupFence(int rank)
{
    private int _copies;
    private bool _thrown;

    public object Gate { get; } = new();

    /// <summary>Why the groups are fenced; null if they are not. Needs the lock.</summary>
    public FenceCause? Cause { get; private set; }

    /// <summary>Fences the groups unless they are fenced. Returns the current cause, and whether it is the given one.</summary>
    public (FenceCause Current, bool IsFirst) Set(FenceCause cause)
    {
        lock (Gate)
        {
            var first = Cause is null;
            Cause ??= cause;
            Monitor.PulseAll(Gate);
            return (Cause, first);
        }
    }

    public bool TryBeginCopy()
    {
        lock (Gate) return TryBeginCopy_NeedsLock();
    }

    public bool TryBeginCopy_NeedsLock()
    {
        Debug.Assert(Monitor.IsEntered(Gate));
        if (Cause is not null) return false;
        _copies++;
        return true;
    }

    public void EndCopy_NeedsLock()
    {
        Debug.Assert(Monitor.IsEntered(Gate));
        if (--_copies == 0 && Cause is not null) Monitor.PulseAll(Gate);
    }

    public void AwaitCopies_NeedsLock()
    {
        Debug.Assert(Monitor.IsEntered(Gate));
        while (_copies > 0) Monitor.Wait(Gate);
    }

    public void ThrowIfFenced_NeedsLock()
    {
        Debug.Assert(Monitor.IsEntered(Gate));
        if (Cause is null) return;
        AwaitCopies_NeedsLock();
        if (Cause.ThrowsReason && !_thrown)
        {
            _thrown = true;
            throw Cause.Reason;
        }
        throw new ExchangeAbortedException(rank, Cause.Culprit, Cause.Reason);
    }
}
