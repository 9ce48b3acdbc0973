namespace Distributed.Training.Schedules;

/// <summary>A schedule with a linear warm-up from 0 to a peak rate; the rate after it is a part of the peak.</summary>
public abstract class WarmupSchedule : ILearningRateSchedule
{
    private readonly double _peakRate;
    private readonly long _warmupSteps;

    /// <summary>Creates the schedule.</summary>
    /// <param name="peakRate">Rate at the end of the warm-up.</param>
    /// <param name="warmupSteps">Steps of the warm-up.</param>
    /// <param name="errors">The errors of all settings.</param>
    /// <exception cref="ArgumentException">There are errors.</exception>
    private protected WarmupSchedule(double peakRate, long warmupSteps, IEnumerable<string> errors)
    {
        SettingChecks.Throw(errors);
        (_peakRate, _warmupSteps) = (peakRate, warmupSteps);
    }

    /// <inheritdoc/>
    public double RateAt(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return _peakRate * (step < _warmupSteps ? (double)step / _warmupSteps : 1) * Ratio(step);
    }

    /// <summary>Returns the rate at a step as a part of the peak, without the warm-up; 1 before the first decay.</summary>
    private protected abstract double Ratio(long step);

    /// <summary>Returns the factor of a cosine decay: 1 at progress 0, 0 at progress 1.</summary>
    private protected static double Cosine(double progress) => (1 + Math.Cos(Math.PI * progress)) / 2;

    /// <summary>
    /// Returns the first step of a phase that starts after a fraction of the run. A product that differs from an integer only by rounding
    /// (0.8 * 1000) counts as that integer.
    /// </summary>
    private protected static long Boundary(double fraction, long totalSteps)
    {
        var exact = fraction * totalSteps;
        var nearest = Math.Round(exact);
        return (long)(Math.Abs(exact - nearest) <= 1e-12 * totalSteps ? nearest : Math.Ceiling(exact));
    }
}
