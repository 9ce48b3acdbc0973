namespace Distributed.Training.Reports;

/// <summary>What one committed step was like, the same on every rank but for the times.</summary>
public sealed record StepReport
{
    /// <summary>Steps committed, this one included; the first step's report says 1.</summary>
    public required long Step { get; init; }

    /// <summary>Mean next-token cross-entropy over the global batch, in nats, before this step's update.</summary>
    public required double Loss { get; init; }

    /// <summary>The same for each multi-token prediction depth.</summary>
    public required IReadOnlyList<double> MtpLosses { get; init; }

    /// <summary>Mean over sequences and layers of the sequence-wise balance loss, without its factor; 1 when even.</summary>
    public required double BalanceLoss { get; init; }

    /// <summary>Global gradient norm before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Learning rate of this step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Tokens of the global batch.</summary>
    public required long Tokens { get; init; }

    /// <summary>max load / mean load - 1 over the global batch, in the worst layer; 0 without experts.</summary>
    public required double MaxVio { get; init; }

    /// <summary>Wall time of the step on this rank, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Part of <see cref="Seconds"/> spent in exchanges of tokens, gradients and updated weights, waiting for slower ranks included.</summary>
    public required double ExchangeSeconds { get; init; }

    /// <summary>Seconds before the step, for its batches.</summary>
    public double BatchSeconds { get; init; }

    /// <summary>Seconds after the step, until all ranks had done it.</summary>
    public double CommitSeconds { get; init; }
}
