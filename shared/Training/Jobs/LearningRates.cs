using Distributed.Training.Schedules;

namespace Distributed.Training.Jobs;

/// <summary>What a schedule gives over a run.</summary>
internal static class LearningRates
{
    /// <summary>Part of the peak from which on it counts as reached: half a cosine without a warm-up begins just below it.</summary>
    public const double Reached = 0.95;

    private const int Looks = 4096;

    /// <summary>
    /// The highest rate of the steps 1 to <paramref name="steps"/>. In a run of more than 4096 steps it is that of 4096 steps, spread
    /// evenly, and of those around the end of the warm-up.
    /// </summary>
    public static double Highest(ILearningRateSchedule schedule, long steps, long warmupSteps)
    {
        var looks = Math.Min(steps, Looks);
        var spread = Enumerable.Range(1, (int)looks).Select(look => look * steps / looks);
        var around = new[] { warmupSteps - 1, warmupSteps, warmupSteps + 1 }.Where(step => step >= 1 && step <= steps);
        return spread.Concat(around).Max(schedule.RateAt);
    }
}
