using System.Diagnostics;

namespace Distributed.Benchmarks.Control;

/// <summary>How late a thread wakes that has nothing to do but to wake: the machine's part of every time that is measured beside it.</summary>
internal sealed class WakeWatch
{
    private static readonly TimeSpan Nap = TimeSpan.FromMilliseconds(10);

    /// <summary>Begins.</summary>
    public WakeWatch(TimeSpan length) => Late = Task.Factory.StartNew(() => Watch(length), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Seconds that each nap was too long.</summary>
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
