using System.Diagnostics.Metrics;

namespace Distributed.Benchmarks.Control;

/// <summary>Collects measurements of the worker links of this process: the number of joins, and the latency of each beat.</summary>
internal sealed class BeatWatch : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private List<double> _beats = [];
    private long _joins;

    public BeatWatch()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Distributed.Worker") listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            if (instrument.Name != "distributed.link.joins") return;
            Interlocked.Add(ref _joins, value);
            Joined?.Invoke();
        });
        _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) =>
        {
            if (instrument.Name != "distributed.link.beat") return;
            lock (_gate) _beats.Add(value);
        });
        _listener.Start();
    }

    /// <summary>Raised on any thread when a worker has joined.</summary>
    public event Action? Joined;

    /// <summary>Number of joins, including those after a broken stream.</summary>
    public long Joins => Interlocked.Read(ref _joins);

    /// <summary>Discards earlier beats, then waits for a number of beats.</summary>
    /// <exception cref="TimeoutException">The beats were not acknowledged within a minute.</exception>
    public async Task NextAsync(int count)
    {
        Begin();
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            lock (_gate)
                if (_beats.Count >= count) return;
            if (TimeProvider.System.GetElapsedTime(began) > Bound)
                throw new TimeoutException($"{count} beats were not acknowledged within {Bound.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>Discards the beats so far.</summary>
    public void Begin() => Take();

    /// <summary>Returns and discards the beats so far: seconds from each beat to its acknowledgement.</summary>
    public double[] Take()
    {
        lock (_gate)
        {
            double[] taken = [.. _beats];
            _beats = [];
            return taken;
        }
    }

    public void Dispose() => _listener.Dispose();
}
