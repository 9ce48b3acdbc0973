namespace Distributed.Training.Steps;

/// <summary>The factors of a training step.</summary>
public sealed record StepOptions
{
    /// <summary>Factor alpha of the sequence-wise balance loss (DeepSeek-V3 eq. 17), averaged over sequences.</summary>
    public double BalanceLoss { get; init; } = 1e-4;

    /// <summary>Factor of the routers' z-loss, averaged over tokens.</summary>
    public double ZLoss { get; init; }

    /// <summary>Factor lambda of the multi-token prediction losses, averaged over depths (DeepSeek-V3 eq. 25).</summary>
    public double MtpLossWeight { get; init; } = 0.3;

    /// <summary>Step gamma of the router biases; 0 leaves them alone.</summary>
    public double BiasUpdateSpeed { get; init; } = 1e-3;

    /// <summary>Largest global gradient norm; 0 does not clip.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>Micro-batches under way at the same time: one computes while the exchanges of the others are in flight. At least 1.</summary>
    public int MicroBatchesInFlight { get; init; } = 1;
}
