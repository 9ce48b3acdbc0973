using static TorchSharp.torch;

namespace Distributed.Training.Optimizers;

/// <summary>Settings of <see cref="Muon"/>. The defaults are those of its author, except for the weight decay.</summary>
public sealed record MuonOptions
{
    /// <summary>Decay of the momentum, in [0, 1). Default: 0.95.</summary>
    public double Momentum { get; init; } = 0.95;

    /// <summary>
    /// Whether the update is the gradient blended with the momentum (Nesterov) instead of the momentum alone. Default: true.
    /// </summary>
    public bool Nesterov { get; init; } = true;

    /// <summary>Newton-Schulz iterations, 1 or more. Default: 5.</summary>
    public int NewtonSchulzSteps { get; init; } = 5;

    /// <summary>
    /// Type in which float32 matrices are orthogonalised, BFloat16 or Float32. Float64 matrices are orthogonalised in float64. Default:
    /// BFloat16, which is precise enough and faster on machines that support it.
    /// </summary>
    public ScalarType NewtonSchulzType { get; init; } = ScalarType.BFloat16;

    /// <summary>Decoupled weight decay, 0 or more. Default: 0.1.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Returns an error message for each setting out of range; empty if all settings are valid.</summary>
    public IEnumerable<string> Validate()
    {
        List<string> errors = [.. SettingChecks.Decay(nameof(Momentum), Momentum)];
        if (NewtonSchulzSteps < 1) errors.Add($"NewtonSchulzSteps is {NewtonSchulzSteps}; it must be 1 or more.");
        if (NewtonSchulzType is not (ScalarType.BFloat16 or ScalarType.Float32))
            errors.Add($"NewtonSchulzType is {NewtonSchulzType}; it must be BFloat16 or Float32.");
        return [.. errors, .. SettingChecks.NotNegative(nameof(WeightDecay), WeightDecay)];
    }
}
