namespace Distributed.Training.Schedules;

/// <summary>Settings of <see cref="WarmupCosineSchedule"/>.</summary>
public sealed record WarmupCosineOptions
{
    /// <summary>Rate at the end of the warm-up, 0 or more.</summary>
    public required double PeakRate { get; init; }

    /// <summary>Steps of the warm-up, 0 to <see cref="TotalSteps"/>. Default: 0.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>Step at which the rate reaches its minimum, 1 or more.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>Minimum rate as a part of the peak, 0 to 1. Default: 0.1.</summary>
    public double MinRatio { get; init; } = 0.1;

    /// <summary>Returns an error message for each setting out of range; empty if all settings are valid.</summary>
    public IEnumerable<string> Validate() =>
    [
        .. ScheduleChecks.Rate(nameof(PeakRate), PeakRate),
        .. ScheduleChecks.Lengths(WarmupSteps, TotalSteps),
        .. ScheduleChecks.Ratio(nameof(MinRatio), MinRatio),
    ];
}

/// <summary>
/// Linear warm-up, then cosine decay to a part of the peak (Loshchilov and Hutter, SGDR, eq. (5), without restarts).
/// </summary>
/// <param name="options">The settings.</param>
/// <exception cref="ArgumentException">A setting is out of range.</exception>
public sealed class WarmupCosineSchedule(WarmupCosineOptions options)
    : WarmupSchedule(options.PeakRate, options.WarmupSteps, options.Validate())
{
    private protected override double Ratio(long step)
    {
        var (warmup, total, min) = (options.WarmupSteps, options.TotalSteps, options.MinRatio);
        if (step < warmup) return 1;
        if (step >= total) return min;

        var progress = (double)(step - warmup) / (total - warmup);
        return min + (1 - min) * Cosine(progress);
    }
}
