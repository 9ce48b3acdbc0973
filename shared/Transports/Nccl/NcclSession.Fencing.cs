using System.Diagnostics;

namespace Distributed.Transports.Nccl;

// The group's abort: the first that any rank raises, which the fence says. The fence is called outside the lock.
internal sealed partial class NcclSession
{
    /// <summary>How long a rank that raises an abort waits to hear which one is the group's.</summary>
    private static readonly TimeSpan SettlingTakes = TimeSpan.FromSeconds(1);

    private (Exception Error, NcclOperation? Of)? _raised; // by this rank
    private (int Culprit, Exception Reason)? _abort;       // the group's

    /// <summary>Whether the group is fenced.</summary>
    public bool IsFenced
    {
        get
        {
            lock (_gate) return IsFenced_NeedsLock();
        }
    }

    /// <summary>Fences the group, unless it is already.</summary>
    /// <param name="culprit">The rank that it is because of, as errors name it.</param>
    /// <param name="error">Why.</param>
    /// <param name="of">The operation that ends with the error itself rather than with the abort that it causes, or null.</param>
    public void Raise(int culprit, Exception error, NcclOperation? of = null)
    {
        var abort = new NcclAbort(NameOf(Rank), culprit, error.Message);
        bool first;
        lock (_gate)
        {
            first = _raised is null && !IsFenced_NeedsLock();
            if (first) _raised = (error, of);
        }

        var heard = false;
        try
        {
            if (first) _fence.Raise(abort);
            heard = _fence.Raised.Wait(SettlingTakes);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The others cannot be told, which is no reason to stay.
        }

        lock (_gate)
        {
            if (heard) IsFenced_NeedsLock();
            else Settle_NeedsLock(abort);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Fences the group where a rank has left that the operation needs.</summary>
    public void RaiseIfAPeerLeft(NcclOperation operation)
    {
        for (var peer = 0; peer < Size; peer++)
        {
            var standing = _fence.StandingOf(peer);
            if (peer == Rank || !standing.Left || standing.Started > operation.Number) continue;
            Raise(NameOf(peer), new InvalidOperationException($"Rank {NameOf(peer)} left the group before it took part in {operation.Name}."));
            return;
        }
    }

    /// <summary>Waits a moment for another rank, or the fence itself, to say why: it may know better.</summary>
    public void AwaitFence(TimeSpan atMost) => _ = Task.WaitAny([_fence.Raised], atMost);

    private void RaiseTimeout(NcclOperation operation, TimeSpan timeout)
    {
        int[] missing = [.. Enumerable.Range(0, Size).Where(peer => peer != Rank && _fence.StandingOf(peer).Started <= operation.Number).Select(NameOf)];
        if (missing.Length > 0)
        {
            Raise(missing[0], operation.TimedOut(NameOf(Rank), timeout, missing), operation);
            return;
        }

        var text = $"all ranks had started it, and it was not complete after {timeout}";
        Raise(NameOf(Rank), new NcclException(NameOf(Rank), operation.Name, peer: null, NcclResult.InProgress, text), operation);
    }

    private void Hear()
    {
        lock (_gate)
        {
            IsFenced_NeedsLock();
            Monitor.PulseAll(_gate);
        }
    }

    private bool IsFenced_NeedsLock()
    {
        Debug.Assert(Monitor.IsEntered(_gate));
        if (_abort is null && _fence.Raised.IsCompletedSuccessfully) Settle_NeedsLock(_fence.Raised.Result);
        return _abort is not null;
    }

    private void Settle_NeedsLock(NcclAbort abort)
    {
        Debug.Assert(Monitor.IsEntered(_gate));
        if (_abort is not null) return;
        if (abort.RaisedBy == NameOf(Rank) && _raised is var (error, of))
        {
            _abort = (abort.CulpritRank, error);
            if (of is { IsDone: false }) of.Failure = error;
        }
        else
        {
            _abort = (abort.CulpritRank, new InvalidOperationException(abort.Reason));
        }
    }

    private void ThrowIfFenced_NeedsLock(NcclOperation operation)
    {
        if (!IsFenced_NeedsLock()) return;
        AwaitCopy_NeedsLock();
        throw operation.Failure ?? new ExchangeAbortedException(NameOf(Rank), _abort!.Value.Culprit, _abort.Value.Reason);
    }

    // After an abort none begins, so this lasts as long as one copy; the caller may then free its buffers.
    private void AwaitCopy_NeedsLock()
    {
        Debug.Assert(Monitor.IsEntered(_gate));
        while (_copying) Monitor.Wait(_gate);
    }
}
