namespace Distributed.Training.Schedules;

/// <summary>A constant rate after a linear warm-up from 0.</summary>
public sealed class ConstantSchedule : ILearningRateSchedule
{
    private readonly double _rate;
    private readonly long _warmupSteps;

    /// <summary>Creates the schedule.</summary>
    /// <param name="rate">Learning rate, 0 or more.</param>
    /// <param name="warmupSteps">Steps of the warm-up; 0 for no warm-up.</param>
    /// <exception cref="ArgumentException">The rate is negative or not finite, or the warm-up is negative.</exception>
    public ConstantSchedule(double rate, long warmupSteps = 0)
    {
        ScheduleChecks.Throw(ScheduleChecks.Rate("Rate", rate).Concat(ScheduleChecks.Lengths(warmupSteps, long.MaxValue)));
        (_rate, _warmupSteps) = (rate, warmupSteps);
    }

    /// <inheritdoc/>
    public double RateAt(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return _rate * ScheduleChecks.Warmup(step, _warmupSteps);
    }
}
