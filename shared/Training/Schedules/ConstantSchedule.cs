namespace Distributed.Training.Schedules;

/// <summary>The same rate at every step.</summary>
public sealed class ConstantSchedule : ILearningRateSchedule
{
    private readonly double _rate;

    /// <summary>Makes the schedule.</summary>
    /// <exception cref="ArgumentException">The rate is negative or not finite.</exception>
    public ConstantSchedule(double rate)
    {
        ScheduleChecks.Throw(ScheduleChecks.Rate("Rate", rate));
        _rate = rate;
    }

    /// <inheritdoc/>
    public double RateAt(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return _rate;
    }
}
