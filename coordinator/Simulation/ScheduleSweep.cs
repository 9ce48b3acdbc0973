using System.Collections.Concurrent;

namespace Distributed.Simulation;

/// <summary>Runs schedules with consecutive seeds.</summary>
public static class ScheduleSweep
{
    /// <summary>Runs all schedules, also after violations.</summary>
    /// <param name="first">Seed of the first schedule.</param>
    /// <param name="count">Number of schedules.</param>
    /// <param name="options">Limits of the scenarios.</param>
    /// <param name="threads">Schedules at a time, at least 1. The result does not depend on it.</param>
    /// <param name="cancellation">Ends the sweep after the current schedules.</param>
    public static SweepResult Run(ulong first, int count, ScheduleOptions options, int threads, CancellationToken cancellation)
    {
        var failed = new ConcurrentBag<ScheduleResult>();
        var (outcomes, events, epochs) = (new ConcurrentDictionary<string, int>(), 0L, 0L);
        System.Threading.Tasks.Parallel.For(0, count,
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, index =>
        {
            var result = Schedule.Run(first + (ulong)index, options);
            if (result.Violation is not null) failed.Add(result);
            outcomes.AddOrUpdate(result.Outcome?.State.ToString() ?? "Violated", 1, (_, known) => known + 1);
            Interlocked.Add(ref events, result.Events);
            Interlocked.Add(ref epochs, result.Epochs);
        });
        return new SweepResult(count, [.. failed.OrderBy(result => result.Seed)],
            outcomes.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(), events, epochs);
    }
}

/// <summary>The result of a sweep.</summary>
/// <param name="Schedules">Number of schedules.</param>
/// <param name="Failed">Schedules with a violated invariant, by seed.</param>
/// <param name="Outcomes">Number of jobs by final state.</param>
/// <param name="Events">Events of all virtual clocks.</param>
/// <param name="Epochs">Planned epochs of all schedules.</param>
public sealed record SweepResult(
    int Schedules, IReadOnlyList<ScheduleResult> Failed, IReadOnlyDictionary<string, int> Outcomes, long Events, long Epochs);
