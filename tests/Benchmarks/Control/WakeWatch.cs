using System.Diagnostics;

namespace Distributed.Benchmarks.Control;

/// <summary>
/// Measures how late a sleeping thread wakes: the machine's own share of every latency that is measured at the same time.
/// </summary>
internal sealed class WakeWatch
{
    private static readonly TimeSpan Nap = TimeSpan.FromMilliseconds(10);

    /// <summary>Starts to measure for a length of time.</summary>
    public WakeWatch(TimeSpan length) =>
        Late = Task.Factory.StartNew(() => Watch(length), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Seconds by which each sleep was too long.</summary>
    public Task<List<double>> Late { get; }

    private static List<double> Watch(TimeSpan length)
    {
        using var never = new ManualResetEventSlim();
        var late = new List<double>();
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < length;)
        {
            var start = Stopwatch.GetTimestamp();
            never.Wait(Nap);
            late.Add((Stopwatch.GetElapsedTime(start) - Nap).TotalSeconds);
        }

        return late;
    }
}
