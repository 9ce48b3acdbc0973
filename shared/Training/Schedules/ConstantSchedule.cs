namespace Distributed.Training.Schedules;

/// <summary>A constant rate after a linear warm-up from 0.</summary>
/// <param name="rate">Learning rate, 0 or more.</param>
/// <param name="warmupSteps">Steps of the warm-up; 0 for no warm-up.</param>
/// <exception cref="ArgumentException">The rate is negative or not finite, or the warm-up is negative.</exception>
public sealed class ConstantSchedule(double rate, long warmupSteps = 0) : WarmupSchedule(rate, warmupSteps,
    ScheduleChecks.Rate("Rate", rate).Concat(ScheduleChecks.Lengths(warmupSteps, long.MaxValue)))
{
    private protected override double Ratio(long step) => 1;
}
