namespace Distributed.Transports;

/// <summary>A one-shot timer that is created when it is first set.</summary>
internal sealed class OneShotTimer(TimeProvider clock, Action callback) : IDisposable
{
    private ITimer? _timer;

    /// <summary>Calls the callback once after a delay, rounded up to whole milliseconds. Replaces an earlier setting.</summary>
    public void Set(TimeSpan after)
    {
        _timer ??= clock.CreateTimer(_ => callback(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(after.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer?.Dispose();
}
