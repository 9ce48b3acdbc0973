using System.Diagnostics;

namespace Distributed.Transports.Nccl;

/// <summary>
/// What the callers of one rank and the communicator's thread share: the operations that have been started and the
/// group's abort. The fence is called outside the lock.
/// </summary>
internal sealed class NcclSession
{
    /// <summary>How long a rank that raises an abort waits to hear which one is the group's.</summary>
    private static readonly TimeSpan SettlingTakes = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private readonly Queue<NcclOperation> _waiting = new();
    private readonly INcclFence _fence;
    private readonly TimeProvider _clock;
    private NcclOperation? _current;          // the one that the communicator's thread is at
    private long _started;
    private bool _copying;                    // the thread reads or writes the callers' memory
    private bool _left;
    private (Exception Error, NcclOperation? Of)? _raised; // by this rank
    private (int Culprit, Exception Reason)? _abort;       // the group's

    public NcclSession(int rank, int size, INcclFence fence, TimeProvider clock)
    {
        (Rank, Size, _fence, _clock) = (rank, size, fence, clock);
        fence.Raised.ContinueWith(_ => Hear(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    public int Rank { get; }

    public int Size { get; }

    /// <summary>Whether the group is fenced.</summary>
    public bool IsFenced
    {
        get
        {
            lock (_gate) return IsFenced_NeedsLock();
        }
    }

    /// <summary>Queues an operation, never waiting for another rank.</summary>
    /// <param name="operation">The next.</param>
    /// <param name="error">What is wrong with it by itself, or null.</param>
    public void Start(NcclOperation operation, Exception? error = null)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_left, typeof(NcclExchange));
            ThrowIfFenced_NeedsLock(operation);
            operation.Number = _started;
            if (error is null) _started++;
        }

        if (error is not null)
        {
            Raise(Rank, error, operation);
            lock (_gate) ThrowIfFenced_NeedsLock(operation);
        }

        _fence.Publish(new NcclStanding(operation.Number + 1, Left: false));
        RaiseIfAPeerLeft(operation); // before NCCL finds nobody there
        lock (_gate)
        {
            _waiting.Enqueue(operation);
            Monitor.PulseAll(_gate);
        }
    }

    public bool IsCompleted(NcclOperation operation)
    {
        lock (_gate) return operation.IsDone || IsFenced_NeedsLock();
    }

    /// <summary>Waits until the operation is complete on this rank.</summary>
    public void Wait(NcclOperation operation, TimeSpan timeout)
    {
        var begun = _clock.GetTimestamp();
        ITimer? timer = null;
        try
        {
            lock (_gate)
            {
                while (!operation.IsDone)
                {
                    ThrowIfFenced_NeedsLock(operation);
                    var left = timeout - _clock.GetElapsedTime(begun);
                    if (left <= TimeSpan.Zero) break;
                    timer ??= _clock.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                    timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
                    Monitor.Wait(_gate);
                }
                if (operation.IsDone) return;
            }
        }
        finally
        {
            timer?.Dispose();
        }

        RaiseTimeout(operation, timeout);
        lock (_gate)
        {
            if (!operation.IsDone) ThrowIfFenced_NeedsLock(operation);
        }
    }

    /// <summary>Fences the group, unless it is already.</summary>
    /// <param name="culprit">The rank that it is because of.</param>
    /// <param name="error">Why.</param>
    /// <param name="of">The operation that ends with the error itself rather than with the abort that it causes, or null.</param>
    public void Raise(int culprit, Exception error, NcclOperation? of = null)
    {
        var abort = new NcclAbort(Rank, culprit, error.Message);
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

    /// <summary>Leaves the group, which is fenced where that disturbs another rank.</summary>
    public void Leave()
    {
        NcclOperation? open;
        lock (_gate)
        {
            if (_left) return;
            _left = true;
            open = _current ?? _waiting.FirstOrDefault();
        }

        _fence.Publish(new NcclStanding(_started, Left: true));
        if (open is not null)
        {
            Raise(Rank, new InvalidOperationException($"Rank {Rank} left the group before {open.Name} was complete."));
        }
        else if (Enumerable.Range(0, Size).Any(peer => _fence.StandingOf(peer).Started > _started))
        {
            Raise(Rank, new InvalidOperationException($"Rank {Rank} left the group before it took part in what others have started."));
        }

        lock (_gate)
        {
            Monitor.PulseAll(_gate);
            AwaitCopy_NeedsLock();
        }
    }

    /// <summary>For the communicator's thread: the next operation; null when there will be none.</summary>
    public NcclOperation? Take()
    {
        lock (_gate)
        {
            while (true)
            {
                if (IsFenced_NeedsLock()) return null;
                if (_waiting.TryDequeue(out _current)) return _current;
                if (_left) return null;
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>For the communicator's thread: the one that it took is complete.</summary>
    public void Complete(NcclOperation operation)
    {
        lock (_gate)
        {
            operation.IsDone = true;
            _current = null;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>For the communicator's thread: touches the callers' memory, unless it is theirs again.</summary>
    /// <returns>False where the group is fenced and nothing was done.</returns>
    public bool Copy(Action copy)
    {
        lock (_gate)
        {
            if (IsFenced_NeedsLock()) return false;
            _copying = true;
        }

        try
        {
            copy();
            return true;
        }
        finally
        {
            lock (_gate)
            {
                _copying = false;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>For the communicator's thread: a little while, or less where something happens.</summary>
    public void Pause()
    {
        lock (_gate) Monitor.Wait(_gate, millisecondsTimeout: 1);
    }

    /// <summary>Fences the group where a rank has left that the operation needs.</summary>
    public void RaiseIfAPeerLeft(NcclOperation operation)
    {
        for (var peer = 0; peer < Size; peer++)
        {
            var standing = _fence.StandingOf(peer);
            if (peer == Rank || !standing.Left || standing.Started > operation.Number) continue;
            Raise(peer, new InvalidOperationException($"Rank {peer} left the group before it took part in {operation.Name}."));
            return;
        }
    }

    private void RaiseTimeout(NcclOperation operation, TimeSpan timeout)
    {
        int[] missing = [.. Enumerable.Range(0, Size).Where(peer => peer != Rank && _fence.StandingOf(peer).Started <= operation.Number)];
        if (missing.Length > 0)
        {
            Raise(missing[0], operation.TimedOut(Rank, timeout, missing), operation);
            return;
        }

        var text = $"all ranks had started it, and it was not complete after {timeout}";
        Raise(Rank, new NcclException(Rank, operation.Name, peer: null, NcclResult.InProgress, text), operation);
    }

    private void Wake()
    {
        lock (_gate) Monitor.PulseAll(_gate);
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
        if (abort.RaisedBy == Rank && _raised is var (error, of))
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
        throw operation.Failure ?? new ExchangeAbortedException(Rank, _abort!.Value.Culprit, _abort.Value.Reason);
    }

    // After an abort none begins, so this lasts as long as one copy; the caller may then free its buffers.
    private void AwaitCopy_NeedsLock()
    {
        Debug.Assert(Monitor.IsEntered(_gate));
        while (_copying) Monitor.Wait(_gate);
    }
}
