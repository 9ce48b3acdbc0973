namespace Distributed.Transports.InMemory;

/// <summary>When each link of a group is free again. Needs the fabric's lock.</summary>
internal sealed class LinkTimes(SimulatedLink link, int size, TimeProvider clock)
{
    private readonly long[] _free = new long[size * size]; // [source * size + destination], timestamps of the clock

    /// <summary>Sends a message that both ends are ready for now; returns the time at which it arrives.</summary>
    public long Send(int source, int destination, long bytes)
    {
        ref var free = ref _free[source * size + destination];
        free = Math.Max(free, clock.GetTimestamp()) + Ticks(bytes / link.BytesPerSecond);
        return free + Ticks(link.Latency.TotalSeconds);
    }

    private long Ticks(double seconds) => (long)Math.Ceiling(seconds * clock.TimestampFrequency);
}
