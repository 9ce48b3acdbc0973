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
    public IEnumerable<string> Validate()
    {
        if (!(Beta1 >= 0 && Beta1 < 1)) yield return $"Beta1 is {Beta1}; it must be at least 0 and less than 1.";
        if (!(Beta2 >= 0 && Beta2 < 1)) yield return $"Beta2 is {Beta2}; it must be at least 0 and less than 1.";
        if (!(Eps > 0 && double.IsFinite(Eps))) yield return $"Eps is {Eps}; it must be more than 0.";
        if (!(WeightDecay >= 0 && double.IsFinite(WeightDecay))) yield return $"WeightDecay is {WeightDecay}; it must be 0 or more.";
    }
}
