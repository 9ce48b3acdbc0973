namespace Distributed.Transports.Nccl;

/// <summary>
/// State that the callers of one rank and the communicator's thread share: the operations that are started, and the abort of the group.
/// </summary>
internal sealed partial class NcclSession
{
    private readonly object _gate = new();
    private readonly Queue<NcclOperation> _waiting = new();
    private readonly INcclFence _fence;
    private readonly TimeProvider _clock;
    private readonly NcclOperationOrder _order;
    private readonly IReadOnlyList<int>? _worldRanks;
    private NcclOperation? _current;          // operation that the communicator's thread runs
    private long _started;
    private bool _copying;                    // whether the thread reads or writes the callers' memory
    private bool _left;

    public NcclSession(int rank, int size, INcclFence fence, TimeProvider clock, NcclOperationOrder order, IReadOnlyList<int>? worldRanks)
    {
        (Rank, Size, _fence, _clock, _order, _worldRanks) = (rank, size, fence, clock, order, worldRanks);
        fence.Raised.ContinueWith(_ => OnRaised(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    public int Rank { get; }

    public int Size { get; }

    /// <summary>Returns the world rank of a rank of the group, for errors and aborts.</summary>
    public int WorldRankOf(int rank) => _worldRanks is null ? rank : _worldRanks[rank];

    /// <summary>Queues an operation; never waits for another rank.</summary>
    /// <param name="operation">The next operation.</param>
    /// <param name="error">An error that this rank found in the operation; null if there is none.</param>
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
            Raise(WorldRankOf(Rank), error, operation);
            lock (_gate) ThrowIfFenced_NeedsLock(operation);
        }

        _fence.Publish(new NcclProgress(operation.Number + 1, Left: false));
        RaiseIfAPeerLeft(operation); // before NCCL waits for a rank that has left
        lock (_gate)
        {
            _order.Add(operation);
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

    /// <summary>Leaves the group. The group is fenced if another rank still needs this one.</summary>
    public void Leave()
    {
        NcclOperation? open;
        lock (_gate)
        {
            if (_left) return;
            _left = true;
            open = _current ?? _waiting.FirstOrDefault();
        }

        _fence.Publish(new NcclProgress(_started, Left: true));
        if (open is not null)
        {
            Raise(WorldRankOf(Rank), new InvalidOperationException(
                $"Rank {WorldRankOf(Rank)} left the group before {open.Name} was complete."));
        }
        else if (Enumerable.Range(0, Size).Any(peer => _fence.ProgressOf(peer).Started > _started))
        {
            Raise(WorldRankOf(Rank), new InvalidOperationException(
                $"Rank {WorldRankOf(Rank)} left the group before it took part in operations that others have started."));
        }

        lock (_gate)
        {
            Monitor.PulseAll(_gate);
            AwaitCopy_NeedsLock();
        }
    }

    /// <summary>Waits for the next operation; null if there will be none. Called by the communicator's thread.</summary>
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

    /// <summary>
    /// Returns whether all operations that this rank started earlier, in any of its groups, are complete. Called by the communicator's
    /// thread.
    /// </summary>
    public bool IsNext(NcclOperation operation) => _order.IsNext(operation);

    /// <summary>Marks the current operation as complete. Called by the communicator's thread.</summary>
    public void Complete(NcclOperation operation)
    {
        _order.Done(operation);
        lock (_gate)
        {
            operation.IsDone = true;
            _current = null;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Runs a copy that accesses the callers' memory, unless the group is fenced. Called by the communicator's thread.</summary>
    /// <returns>False if the group is fenced and the copy did not run.</returns>
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

    /// <summary>Waits 1 ms, or less if the state changes. Called by the communicator's thread.</summary>
    public void Pause()
    {
        lock (_gate) Monitor.Wait(_gate, millisecondsTimeout: 1);
    }

    private void Wake()
    {
        lock (_gate) Monitor.PulseAll(_gate);
    }
}
