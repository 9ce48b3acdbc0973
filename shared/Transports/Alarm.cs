namespace Distributed.Transports;

/// <summary>A timer that is made when it is first set.</summary>
internal sealed class Alarm(TimeProvider clock, Action ring) : IDisposable
{
    private ITimer? _timer;

    /// <summary>Rings after a time, counted in whole milliseconds, rounded up; instead of when it was set to ring before.</summary>
    public void Set(TimeSpan after)
    {
        _timer ??= clock.CreateTimer(_ => ring(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(after.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer?.Dispose();
}
