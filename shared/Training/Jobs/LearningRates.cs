using Distributed.Training.Schedules;

namespace Distributed.Training.Jobs;

/// <summary>Evaluates a schedule over a run.</summary>
internal static class LearningRates
{
    /// <summary>Part of the peak rate that counts as reaching the peak: a cosine without a warm-up starts just below its peak.</summary>
    public const double PeakShare = 0.95;

    private const int MaxSamples = 4096;

    /// <summary>
    /// Returns the highest rate of the steps 1 to <paramref name="steps"/>. In a run of more than 4096 steps, only 4096 evenly spaced steps
    /// and the steps around the end of the warm-up are examined.
    /// </summary>
    public static double Highest(ILearningRateSchedule schedule, long steps, long warmupSteps)
    {
        var samples = Math.Min(steps, MaxSamples);
        var spread = Enumerable.Range(1, (int)samples).Select(sample => sample * steps / samples);
        var around = new[] { warmupSteps - 1, warmupSteps, warmupSteps + 1 }.Where(step => step >= 1 && step <= steps);
        return spread.Concat(around).Max(schedule.RateAt);
    }
}
