namespace Distributed.Training.Reports;

/// <summary>Report of an evaluation on the held-out text.</summary>
public sealed record EvaluationReport
{
    /// <summary>Steps committed before the evaluation.</summary>
    public required long Step { get; init; }

    /// <summary>Mean loss of the objective; of next tokens, the cross-entropy per token in nats.</summary>
    public required double Loss { get; init; }

    /// <summary>Means of the objective's metrics.</summary>
    public IReadOnlyList<ReportedMetric> Metrics { get; init; } = [];

    /// <summary>exp(<see cref="Loss"/>).</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>Cross-entropy in bits per byte of the held-out text; end-of-text tokens count in the bits only.</summary>
    public required double BitsPerByte { get; init; }

    /// <summary>Size of the same text compressed by gzip at its best level, in bits per byte.</summary>
    public required double GzipBitsPerByte { get; init; }

    /// <summary>max load / mean load - 1 over all scored tokens, in the layer with the highest value; 0 without experts.</summary>
    public required double MaxVio { get; init; }

    /// <summary>Mean of max load / mean load - 1 over the layers with experts; 0 without experts.</summary>
    public required double MeanMaxVio { get; init; }

    /// <summary>Number of terms of the loss: predicted tokens or pairs.</summary>
    public required long Tokens { get; init; }

    /// <summary>Wall time, in seconds.</summary>
    public required double Seconds { get; init; }
}
