using Distributed.Training.Jobs;

namespace Distributed.Training.Evaluation;

/// <summary>Settings for scoring the held-out text.</summary>
public sealed record EvaluationOptions
{
    /// <summary>How the held-out data becomes sequences.</summary>
    public required DataSection Data { get; init; }

    /// <summary>Sequences per batch and rank. Default: 8.</summary>
    public int BatchSequences { get; init; } = 8;

    /// <summary>Largest number of sequences to score; 0 scores all.</summary>
    public long MaxSequences { get; init; }
}
