namespace Distributed.Training.Schedules;

/// <summary>From a part of the run on, the rate is a part of the peak.</summary>
/// <param name="Fraction">Where it begins, as a part of the run, 0 to 1.</param>
/// <param name="Ratio">The rate from there on, as a part of the peak, 0 to 1.</param>
public sealed record RateStep(double Fraction, double Ratio);

/// <summary>Settings of <see cref="MultiStepSchedule"/>. The defaults are DeepSeek LLM's and DeepSeek-V2's.</summary>
public sealed record MultiStepOptions
{
    /// <summary>The rate after the warm-up, 0 or more.</summary>
    public required double PeakRate { get; init; }

    /// <summary>Steps from rate 0 to the peak, 0 to <see cref="TotalSteps"/>. Default: 2000.</summary>
    public long WarmupSteps { get; init; } = 2000;

    /// <summary>The whole run, 1 or more.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>The steps down, in order. Default: 0.316 of the peak from 80 % on, 0.1 from 90 % on.</summary>
    public IReadOnlyList<RateStep> Steps { get; init; } = [new(0.8, 0.316), new(0.9, 0.1)];

    /// <summary>Everything that is wrong with the settings; empty where nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        List<string> errors =
        [
            .. ScheduleChecks.Rate(nameof(PeakRate), PeakRate),
            .. ScheduleChecks.Lengths(WarmupSteps, TotalSteps),
        ];
        for (var i = 0; i < Steps.Count; i++)
        {
            errors.AddRange(ScheduleChecks.Ratio($"Steps[{i}].Fraction", Steps[i].Fraction));
            errors.AddRange(ScheduleChecks.Ratio($"Steps[{i}].Ratio", Steps[i].Ratio));
            if (i > 0 && Steps[i].Fraction <= Steps[i - 1].Fraction)
            {
                errors.Add($"Steps[{i}].Fraction is {Steps[i].Fraction}; it must be more than the one before it ({Steps[i - 1].Fraction}).");
            }
        }
        return errors;
    }
}

/// <summary>
/// Linear warm-up, then constant with a few steps down (DeepSeek LLM, section 2.3; DeepSeek-V2, section 3.1.2).
/// </summary>
public sealed class MultiStepSchedule : ILearningRateSchedule
{
    private readonly MultiStepOptions _options;

    /// <summary>Makes the schedule.</summary>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public MultiStepSchedule(MultiStepOptions options)
    {
        ScheduleChecks.Throw(options.Validate());
        _options = options;
    }

    /// <inheritdoc/>
    public double RateAt(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        var ratio = _options.Steps
            .LastOrDefault(s => step >= ScheduleChecks.Boundary(s.Fraction, _options.TotalSteps))?.Ratio ?? 1;
        return _options.PeakRate * ScheduleChecks.Warmup(step, _options.WarmupSteps) * ratio;
    }
}
