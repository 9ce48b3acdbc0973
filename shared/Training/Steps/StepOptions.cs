namespace Distributed.Training.Steps;

/// <summary>Settings of a training step.</summary>
public sealed record StepOptions
{
    /// <summary>Factor alpha of the sequence-wise balance loss (DeepSeek-V3 eq. 17), averaged over sequences.</summary>
    public double BalanceLoss { get; init; } = 1e-4;

    /// <summary>Factor of the routers' z-loss, averaged over tokens.</summary>
    public double ZLoss { get; init; }

    /// <summary>Factor lambda of the multi-token prediction losses, averaged over depths (DeepSeek-V3 eq. 25).</summary>
    public double MtpLossWeight { get; init; } = 0.3;

    /// <summary>Whether the multi-token prediction modules run; if not, they get no gradient.</summary>
    public bool WithMtp { get; init; } = true;

    /// <summary>Change gamma of the router biases per step; 0 keeps the biases constant.</summary>
    public double BiasUpdateSpeed { get; init; } = 1e-3;

    /// <summary>Largest global gradient norm; 0 disables clipping.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>Number of micro-batches in flight, at least 1: one computes while the tokens of the others are exchanged.</summary>
    public int MicroBatchesInFlight { get; init; } = 1;
}
