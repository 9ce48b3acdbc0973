namespace Distributed.Training.Schedules;

/// <summary>One drop of the learning rate.</summary>
/// <param name="Fraction">Position of the drop as a part of the run, 0 to 1.</param>
/// <param name="Ratio">Rate after the drop as a part of the peak, 0 to 1.</param>
public sealed record RateStep(double Fraction, double Ratio);

/// <summary>Settings of <see cref="MultiStepSchedule"/>. The defaults are those of DeepSeek LLM and DeepSeek-V2.</summary>
public sealed record MultiStepOptions
{
    /// <summary>Rate after the warm-up, 0 or more.</summary>
    public required double PeakRate { get; init; }

    /// <summary>Steps of the warm-up, 0 to <see cref="TotalSteps"/>. Default: 2000.</summary>
    public long WarmupSteps { get; init; } = 2000;

    /// <summary>Steps of the whole run, 1 or more.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>The drops, in order. Default: to 0.316 of the peak at 80 % of the run, to 0.1 at 90 %.</summary>
    public IReadOnlyList<RateStep> Steps { get; init; } = [new(0.8, 0.316), new(0.9, 0.1)];

    /// <summary>Returns an error message for each setting out of range; empty if all settings are valid.</summary>
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
                errors.Add($"Steps[{i}].Fraction is {Steps[i].Fraction}; it must be more than the previous one ({Steps[i - 1].Fraction}).");
            }
        }
        return errors;
    }
}

/// <summary>
/// Linear warm-up, then a constant rate with a few drops (DeepSeek LLM, section 2.3; DeepSeek-V2, section 3.1.2).
/// </summary>
/// <param name="options">The settings.</param>
/// <exception cref="ArgumentException">A setting is out of range.</exception>
public sealed class MultiStepSchedule(MultiStepOptions options)
    : WarmupSchedule(options.PeakRate, options.WarmupSteps, options.Validate())
{
    private protected override double Ratio(long step) =>
        options.Steps.LastOrDefault(s => step >= Boundary(s.Fraction, options.TotalSteps))?.Ratio ?? 1;
}
