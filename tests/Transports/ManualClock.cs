namespace Distributed.Transports.Tests;

/// <summary>A clock that advances only on request. It supports one timer at a time.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly ManualResetEventSlim _set = new();
    private Action _fire = () => { };
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _fire = () => callback(state);
        return new Timer(this);
    }

    public void Advance(TimeSpan by) => Interlocked.Add(ref _now, by.Ticks);

    public void AdvanceOnceATimerIsSet(TimeSpan by)
    {
        Assert.True(_set.Wait(TimeSpan.FromSeconds(30)));
        Interlocked.Add(ref _now, by.Ticks);
        _fire();
    }

    private sealed class Timer(ManualClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock._set.Set();
            return true;
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
