namespace Distributed.Training.Reports;

/// <summary>How well the network predicts the held-out text.</summary>
public sealed record EvaluationReport
{
    /// <summary>Steps committed when it was made.</summary>
    public required long Step { get; init; }

    /// <summary>Mean cross-entropy per token, in nats.</summary>
    public required double Loss { get; init; }

    /// <summary>exp(<see cref="Loss"/>).</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>Cross-entropy in bits per byte of the held-out text, ends of documents included in the bits.</summary>
    public required double BitsPerByte { get; init; }

    /// <summary>What gzip at its best level takes for the same text, in bits per byte.</summary>
    public required double GzipBitsPerByte { get; init; }

    /// <summary>max load / mean load - 1 over the whole set, in the worst layer; 0 without experts.</summary>
    public required double MaxVio { get; init; }

    /// <summary>The same, as the mean over the layers.</summary>
    public required double MeanMaxVio { get; init; }

    /// <summary>Tokens predicted.</summary>
    public required long Tokens { get; init; }

    /// <summary>Wall time, in seconds.</summary>
    public required double Seconds { get; init; }
}
