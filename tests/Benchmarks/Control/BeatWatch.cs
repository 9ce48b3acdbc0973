using System.Diagnostics.Metrics;

namespace Distributed.Benchmarks.Control;

/// <summary>Hears what the links of this process's workers measure: how often they were let in, and what each beat took.</summary>
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

    /// <summary>A worker was let in; on any thread.</summary>
    public event Action? Joined;

    /// <summary>How often workers were let in.</summary>
    public long Joins => Interlocked.Read(ref _joins);

    /// <summary>Waits for so many beats.</summary>
    /// <exception cref="TimeoutException">They did not come within a minute.</exception>
    public async Task NextAsync(int count)
    {
        Begin();
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            lock (_gate)
                if (_beats.Count >= count) return;
            if (TimeProvider.System.GetElapsedTime(began) > Bound) throw new TimeoutException($"{count} workers did not beat within {Bound.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>Forgets the beats so far.</summary>
    public void Begin() => Take();

    /// <summary>Seconds from each beat to its acknowledgement.</summary>
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
