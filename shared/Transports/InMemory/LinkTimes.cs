namespace Distributed.Transports.InMemory;

/// <summary>Times at which the links of a group become free. Needs the lock of the fabric.</summary>
internal sealed class LinkTimes(SimulatedLink link, int size, TimeProvider clock)
{
    private readonly long[] _free = new long[size * size]; // [source * size + destination], timestamps of the clock

    /// <summary>Sends a message for which both ends are ready now. Returns the timestamp of its arrival.</summary>
    public long Send(int source, int destination, long bytes)
    {
        ref var free = ref _free[source * size + destination];
        free = Math.Max(free, clock.GetTimestamp()) + Ticks(bytes / link.BytesPerSecond);
        return free + Ticks(link.Latency.TotalSeconds);
    }

    private long Ticks(double seconds) => (long)Math.Ceiling(seconds * clock.TimestampFrequency);
}
