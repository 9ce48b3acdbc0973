namespace Distributed.Training.Schedules;

/// <summary>
/// Settings of <see cref="DeepSeekV3Schedule"/>. The defaults are those of DeepSeek-V3: of 14.8 T tokens, 10 T at the peak rate, 4.3 T with
/// decay, 333 B at a tenth of the peak and 167 B at the final rate.
/// </summary>
public sealed record DeepSeekV3ScheduleOptions
{
    /// <summary>Rate after the warm-up, 0 or more. Default: 2.2e-4.</summary>
    public double PeakRate { get; init; } = 2.2e-4;

    /// <summary>Steps of the warm-up, 0 to <see cref="TotalSteps"/>. Default: 2000.</summary>
    public long WarmupSteps { get; init; } = 2000;

    /// <summary>Steps of the whole run, 1 or more.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>Part of the run before the decay, including the warm-up, 0 to 1. Default: 10 / 14.8.</summary>
    public double ConstantFraction { get; init; } = 10 / 14.8;

    /// <summary>Part of the run in which the rate decays, 0 to 1. Default: 4.3 / 14.8.</summary>
    public double DecayFraction { get; init; } = 4.3 / 14.8;

    /// <summary>Part of the run at the decayed rate, before the final rate, 0 to 1. Default: 0.333 / 14.8.</summary>
    public double HoldFraction { get; init; } = 0.333 / 14.8;

    /// <summary>Rate after the decay as a part of the peak, 0 to 1. Default: 0.1.</summary>
    public double DecayedRatio { get; init; } = 0.1;

    /// <summary>Final rate as a part of the peak, 0 to 1. Default: 7.3 / 220.</summary>
    public double FinalRatio { get; init; } = 7.3 / 220;

    /// <summary>Returns an error message for each setting out of range; empty if all settings are valid.</summary>
    public IEnumerable<string> Validate()
    {
        var sum = ConstantFraction + DecayFraction + HoldFraction;
        return
        [
            .. ScheduleChecks.Rate(nameof(PeakRate), PeakRate),
            .. ScheduleChecks.Lengths(WarmupSteps, TotalSteps),
            .. ScheduleChecks.Ratio(nameof(ConstantFraction), ConstantFraction),
            .. ScheduleChecks.Ratio(nameof(DecayFraction), DecayFraction),
            .. ScheduleChecks.Ratio(nameof(HoldFraction), HoldFraction),
            .. sum > 1 + 1e-9
                ? [$"ConstantFraction, DecayFraction and HoldFraction add up to {sum}; they must be 1 at most."]
                : Array.Empty<string>(),
            .. ScheduleChecks.Ratio(nameof(DecayedRatio), DecayedRatio),
            .. ScheduleChecks.Ratio(nameof(FinalRatio), FinalRatio),
        ];
    }
}

/// <summary>
/// The schedule of DeepSeek-V3 (DeepSeek-V3 Technical Report, section 4.2): linear warm-up, constant rate, cosine decay, constant rate, and
/// a lower constant rate at the end.
/// </summary>
public sealed class DeepSeekV3Schedule : WarmupSchedule
{
    private readonly DeepSeekV3ScheduleOptions _options;
    private readonly long _decayBegins, _holdBegins, _finalBegins;

    /// <summary>Creates the schedule.</summary>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public DeepSeekV3Schedule(DeepSeekV3ScheduleOptions options) : base(options.PeakRate, options.WarmupSteps, options.Validate())
    {
        _options = options;
        var fraction = options.ConstantFraction;
        _decayBegins = Boundary(fraction, options.TotalSteps);
        _holdBegins = Boundary(fraction += options.DecayFraction, options.TotalSteps);
        _finalBegins = Boundary(fraction + options.HoldFraction, options.TotalSteps);
    }

    private protected override double Ratio(long step)
    {
        if (step < _decayBegins) return 1;
        if (step >= _finalBegins) return _options.FinalRatio;
        if (step >= _holdBegins) return _options.DecayedRatio;

        var progress = (double)(step - _decayBegins) / (_holdBegins - _decayBegins);
        return _options.DecayedRatio + (1 - _options.DecayedRatio) * Cosine(progress);
    }
}
