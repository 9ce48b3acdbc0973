using System.Collections.Concurrent;

namespace Distributed.Simulation.Schedules;

/// <summary>Runs many schedules, with seeds in a row.</summary>
public static class ScheduleSweep
{
    /// <summary>Runs them all, whatever goes wrong in some of them.</summary>
    /// <param name="first">Seed of the first one.</param>
    /// <param name="count">How many.</param>
    /// <param name="options">What they are drawn of.</param>
    /// <param name="threads">So many at a time, at least 1. What is found does not depend on it.</param>
    /// <param name="cancellation">Ends the sweep after those in hand.</param>
    public static SweepResult Run(ulong first, int count, ScheduleOptions options, int threads, CancellationToken cancellation)
    {
        var failed = new ConcurrentBag<ScheduleResult>();
        var (outcomes, events, epochs) = (new ConcurrentDictionary<string, int>(), 0L, 0L);
        System.Threading.Tasks.Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, index =>
        {
            var result = Schedule.Run(first + (ulong)index, options);
            if (result.Violation is not null) failed.Add(result);
            outcomes.AddOrUpdate(result.Outcome?.State.ToString() ?? "Violated", 1, (_, known) => known + 1);
            Interlocked.Add(ref events, result.Events);
            Interlocked.Add(ref epochs, result.Epochs);
        });
        return new SweepResult(count, [.. failed.OrderBy(result => result.Seed)], outcomes.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(), events, epochs);
    }
}

/// <summary>What a sweep has found.</summary>
/// <param name="Schedules">How many were run.</param>
/// <param name="Failed">Those in which something does not hold, by seed.</param>
/// <param name="Outcomes">How often each state was a job's last.</param>
/// <param name="Events">Of all virtual clocks.</param>
/// <param name="Epochs">That were planned.</param>
public sealed record SweepResult(int Schedules, IReadOnlyList<ScheduleResult> Failed, IReadOnlyDictionary<string, int> Outcomes, long Events, long Epochs);
