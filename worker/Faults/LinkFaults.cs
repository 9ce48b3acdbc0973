using Distributed.Transports;

namespace Distributed.Worker.Faults;

/// <summary>The faults of a rank's link to all other ranks, for all groups. Waits end at once when the group is aborted.</summary>
/// <param name="time">The clock.</param>
public sealed class LinkFaults(TimeProvider time)
{
    private readonly object _gate = new();
    private long _slowUntil, _partitionedUntil, _free; // timestamps; 0 for never
    private TimeSpan _latency;
    private double _bytesPerSecond = double.PositiveInfinity;
    private Action? _corrupting;
    private bool _aborted;

    /// <summary>Slows messages down for some time; the link carries one message after the other.</summary>
    /// <param name="length">For how long.</param>
    /// <param name="latency">Additional latency of each message.</param>
    /// <param name="bytesPerSecond">Bandwidth in bytes per second; infinite for no limit.</param>
    public void Slow(TimeSpan length, TimeSpan latency, double bytesPerSecond)
    {
        lock (_gate) (_slowUntil, _latency, _bytesPerSecond, _free) = (After(length), latency, bytesPerSecond, 0);
    }

    /// <summary>Blocks the link for some time: no exchange begins or ends.</summary>
    public void Partition(TimeSpan length)
    {
        lock (_gate) _partitionedUntil = After(length);
    }

    /// <summary>Corrupts the next message to another rank.</summary>
    /// <param name="beforeCorruption">Called right before the corruption.</param>
    public void CorruptNext(Action beforeCorruption)
    {
        lock (_gate) _corrupting = beforeCorruption;
    }

    /// <summary>Ends all waits, current and future ones.</summary>
    public void Abort()
    {
        lock (_gate)
        {
            _aborted = true;
            Monitor.PulseAll(_gate);
        }
    }

    internal ExchangeTag Send(ExchangeTag tag, int ranks)
    {
        Action? beforeCorruption;
        lock (_gate)
        {
            if (_corrupting is null || ranks == 1) return tag;
            (beforeCorruption, _corrupting) = (_corrupting, null);
        }

        beforeCorruption();
        return tag with { Step = tag.Step ^ (1L << 40) };
    }

    /// <summary>Returns the timestamp at which a message that is sent now arrives; 0 if the link is not slow.</summary>
    internal long ArrivalTime(long bytes)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (now >= _slowUntil) return 0;
            _free = Math.Max(_free, now) + Ticks(bytes / _bytesPerSecond);
            return _free + Ticks(_latency.TotalSeconds);
        }
    }

    internal bool HasArrived(long arrival)
    {
        lock (_gate) return _aborted || time.GetTimestamp() >= Math.Max(arrival, _partitionedUntil);
    }

    internal void WaitForArrival(long arrival)
    {
        if (HasArrived(arrival)) return;
        using var timer = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        lock (_gate)
        {
            while (!_aborted && Math.Max(arrival, _partitionedUntil) - time.GetTimestamp() is var left and > 0)
            {
                timer.Change(TimeSpan.FromSeconds((left + 1.0) / time.TimestampFrequency) + TimeSpan.FromMilliseconds(1),
                    Timeout.InfiniteTimeSpan);
                Monitor.Wait(_gate);
            }
        }
    }

    private long After(TimeSpan length) => time.GetTimestamp() + Ticks(length.TotalSeconds);

    private long Ticks(double seconds) => (long)Math.Ceiling(seconds * time.TimestampFrequency);

    private void Wake()
    {
        lock (_gate) Monitor.PulseAll(_gate);
    }
}
