namespace Distributed.Training.Optimizers;

/// <summary>Settings of <see cref="AdamW"/>. The defaults are DeepSeek-V3's (Technical Report, section 4.2).</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the first moment, in [0, 1). Default: 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, in [0, 1). Default: 0.95.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to the root of the second moment, above 0. Default: 1e-8.</summary>
    public double Eps { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay, 0 or more. Default: 0.1.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Returns an error message for each setting out of range; empty if all settings are valid.</summary>
    public IEnumerable<string> Validate() =>
    [
        .. SettingChecks.Decay(nameof(Beta1), Beta1),
        .. SettingChecks.Decay(nameof(Beta2), Beta2),
        .. SettingChecks.Positive(nameof(Eps), Eps),
        .. SettingChecks.NotNegative(nameof(WeightDecay), WeightDecay),
    ];
}
