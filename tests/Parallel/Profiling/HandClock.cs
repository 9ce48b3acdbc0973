namespace Distributed.Parallel.Tests.Profiling;

/// <summary>A clock that a test advances manually.</summary>
internal sealed class HandClock : TimeProvider
{
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + _now;

    public void Advance(double seconds) => _now += TimeSpan.FromSeconds(seconds);
}
