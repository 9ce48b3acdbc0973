namespace Distributed.Transports.Nccl;

/// <summary>
/// What the callers of one rank and the communicator's thread share: the operations that have been started, and the
/// group's abort.
/// </summary>
internal sealed partial class NcclSession
{
    private readonly object _gate = new();
    private readonly Queue<NcclOperation> _waiting = new();
    private readonly INcclFence _fence;
    private readonly TimeProvider _clock;
    private readonly NcclTurns _turns;
    private readonly IReadOnlyList<int>? _names;
    private NcclOperation? _current;          // the one that the communicator's thread is at
    private long _started;
    private bool _copying;                    // the thread reads or writes the callers' memory
    private bool _left;

    public NcclSession(int rank, int size, INcclFence fence, TimeProvider clock, NcclTurns turns, IReadOnlyList<int>? names)
    {
        (Rank, Size, _fence, _clock, _turns, _names) = (rank, size, fence, clock, turns, names);
        fence.Raised.ContinueWith(_ => Hear(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    public int Rank { get; }

    public int Size { get; }

    /// <summary>What errors and the fence's aborts call a rank of the group.</summary>
    public int NameOf(int rank) => _names is null ? rank : _names[rank];

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
            Raise(NameOf(Rank), error, operation);
            lock (_gate) ThrowIfFenced_NeedsLock(operation);
        }

        _fence.Publish(new NcclStanding(operation.Number + 1, Left: false));
        RaiseIfAPeerLeft(operation); // before NCCL finds nobody there
        lock (_gate)
        {
            _turns.Add(operation);
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
            Raise(NameOf(Rank), new InvalidOperationException($"Rank {NameOf(Rank)} left the group before {open.Name} was complete."));
        }
        else if (Enumerable.Range(0, Size).Any(peer => _fence.StandingOf(peer).Started > _started))
        {
            Raise(NameOf(Rank), new InvalidOperationException($"Rank {NameOf(Rank)} left the group before it took part in what others have started."));
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

    /// <summary>For the communicator's thread: whether nothing that this rank started before, in any of its groups, is still to be done.</summary>
    public bool IsTurnOf(NcclOperation operation) => _turns.IsNext(operation);

    /// <summary>For the communicator's thread: the one that it took is complete.</summary>
    public void Complete(NcclOperation operation)
    {
        _turns.Done(operation);
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

    private void Wake()
    {
        lock (_gate) Monitor.PulseAll(_gate);
    }
}
