namespace Distributed.Simulation.Clock;

/// <summary>
/// A clock that advances only with <see cref="Next"/>: from event to event, in the order of their times. Events of equal times run in the
/// order in which they were added. Everything runs on the caller's thread.
/// </summary>
public sealed class VirtualTime : TimeProvider
{
    private readonly PriorityQueue<Entry, (long Ticks, long Number)> _queue = new();
    private long _number;

    /// <summary>Time since the start.</summary>
    public TimeSpan Now { get; private set; }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Now;

    /// <inheritdoc/>
    public override long GetTimestamp() => Now.Ticks;

    /// <summary>Runs an action after a delay.</summary>
    public void RunAfter(TimeSpan wait, Action action) => Put(wait, action, null, 0);

    /// <summary>Advances to the next event and runs it.</summary>
    /// <returns>False if no event is left.</returns>
    public bool Next()
    {
        while (_queue.TryDequeue(out var entry, out var when))
        {
            if (entry.Timer is { } timer && timer.Version != entry.Version) continue; // the timer was changed or disposed meanwhile
            Now = TimeSpan.FromTicks(when.Ticks);
            entry.Action();
            return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Put(TimeSpan wait, Action action, VirtualTimer? timer, long version) =>
        _queue.Enqueue(new Entry(action, timer, version), (Now.Ticks + Math.Max(0, wait.Ticks), _number++));

    private readonly record struct Entry(Action Action, VirtualTimer? Timer, long Version);

    private sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        public long Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Version++;
            if (dueTime == Timeout.InfiniteTimeSpan) return true;
            time.Put(dueTime, () => Fire(period), this, Version);
            return true;
        }

        public void Dispose() => Version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(TimeSpan period)
        {
            Change(period > TimeSpan.Zero ? period : Timeout.InfiniteTimeSpan, period);
            callback(state);
        }
    }
}
