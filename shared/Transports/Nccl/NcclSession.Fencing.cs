using System.Diagnostics;

namespace Distributed.Transports.Nccl;

// The abort of the group: the first one that any rank raises, as the fence reports it. The fence is called outside the lock.
internal sealed partial class NcclSession
{
    /// <summary>How long a rank that raises an abort waits for the fence to report the abort of the group.</summary>
    private static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(1);

    private (Exception Error, NcclOperation? Of)? _raised; // by this rank
    private (int Culprit, Exception Reason)? _abort;       // of the group

    /// <summary>Whether the group is fenced.</summary>
    public bool IsFenced
    {
        get
        {
            lock (_gate) return IsFenced_NeedsLock();
        }
    }

    /// <summary>Fences the group, unless it is already.</summary>
    /// <param name="culprit">World rank that caused the abort.</param>
    /// <param name="error">Reason of the abort.</param>
    /// <param name="of">Operation whose wait throws the error itself instead of the abort that it causes; null for none.</param>
    public void Raise(int culprit, Exception error, NcclOperation? of = null)
    {
        var abort = new NcclAbort(WorldRankOf(Rank), culprit, error.Message);
        bool first;
        lock (_gate)
        {
            first = _raised is null && !IsFenced_NeedsLock();
            if (first) _raised = (error, of);
        }

        var isSettled = false;
        try
        {
            if (first) _fence.Raise(abort);
            isSettled = _fence.Raised.Wait(SettleTimeout);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The other ranks cannot be notified; this rank leaves nevertheless.
        }

        lock (_gate)
        {
            if (isSettled) IsFenced_NeedsLock();
            else Settle_NeedsLock(abort);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Fences the group if a rank that the operation needs has left.</summary>
    public void RaiseIfAPeerLeft(NcclOperation operation)
    {
        for (var peer = 0; peer < Size; peer++)
        {
            var progress = _fence.ProgressOf(peer);
            if (peer == Rank || !progress.Left || progress.Started > operation.Number) continue;
            Raise(WorldRankOf(peer), new InvalidOperationException(
                $"Rank {WorldRankOf(peer)} left the group before it took part in {operation.Name}."));
            return;
        }
    }

    /// <summary>
    /// Waits for another rank or the fence itself to report the abort of the group, which may name the cause more precisely.
    /// </summary>
    public void AwaitFence(TimeSpan atMost) => _ = Task.WaitAny([_fence.Raised], atMost);

    private void RaiseTimeout(NcclOperation operation, TimeSpan timeout)
    {
        int[] missing = [.. Enumerable.Range(0, Size).Where(peer => peer != Rank && _fence.ProgressOf(peer).Started <= operation.Number)
            .Select(WorldRankOf)];
        if (missing.Length > 0)
        {
            Raise(missing[0], operation.TimedOut(WorldRankOf(Rank), timeout, missing), operation);
            return;
        }

        var text = $"all ranks had started it, and it was not complete after {timeout}";
        Raise(WorldRankOf(Rank), new NcclException(WorldRankOf(Rank), operation.Name, peer: null, NcclResult.InProgress, text), operation);
    }

    private void OnRaised()
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
        if (abort.RaisedBy == WorldRankOf(Rank) && _raised is var (error, of))
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
        throw operation.Failure ?? new ExchangeAbortedException(WorldRankOf(Rank), _abort!.Value.Culprit, _abort.Value.Reason);
    }

    // No copy begins after an abort, so this takes at most as long as one copy. The caller may then free its buffers.
    private void AwaitCopy_NeedsLock()
    {
        Debug.Assert(Monitor.IsEntered(_gate));
        while (_copying) Monitor.Wait(_gate);
    }
}
