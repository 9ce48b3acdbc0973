namespace Distributed.Training.Reports;

/// <summary>Report of one committed step, the same on every rank except for the times.</summary>
public sealed record StepReport
{
    /// <summary>Steps committed, including this one; the first step has 1.</summary>
    public required long Step { get; init; }

    /// <summary>
    /// Mean loss of the objective over the global batch before this step's update; of next tokens, the cross-entropy in nats.
    /// </summary>
    public required double Loss { get; init; }

    /// <summary>Means of the objective's metrics over the global batch.</summary>
    public IReadOnlyList<ReportedMetric> Metrics { get; init; } = [];

    /// <summary>Mean cross-entropy of each multi-token prediction depth, in nats.</summary>
    public required IReadOnlyList<double> MtpLosses { get; init; }

    /// <summary>Mean over sequences and layers of the sequence-wise balance loss, without its factor; 1 for even loads.</summary>
    public required double BalanceLoss { get; init; }

    /// <summary>Global gradient norm before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Learning rate of this step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Number of tokens of the global batch.</summary>
    public required long Tokens { get; init; }

    /// <summary>max load / mean load - 1 over the global batch, in the layer with the highest value; 0 without experts.</summary>
    public required double MaxVio { get; init; }

    /// <summary>Wall time of the step on this rank, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>
    /// Part of <see cref="Seconds"/> in exchanges of tokens, gradients and updated weights, including the wait for slower ranks.
    /// </summary>
    public required double ExchangeSeconds { get; init; }

    /// <summary>Time to build the batches, before the step, in seconds.</summary>
    public double BatchSeconds { get; init; }

    /// <summary>Time of the commit, after the step, in seconds: the wait until all ranks have done the step.</summary>
    public double CommitSeconds { get; init; }
}
