namespace Distributed.Training.Tests.Checkpointing;

/// <summary>A clock that stands still until a wait begins; the wait ends at once, and the clock is moved by its length.</summary>
internal sealed class JumpingTime : TimeProvider
{
    private readonly List<TimeSpan> _waits = [];
    private TimeSpan _now;

    /// <summary>The waits so far.</summary>
    public IReadOnlyList<TimeSpan> Waits => _waits;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _waits.Add(dueTime);
        _now += dueTime;
        return TimeProvider.System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
