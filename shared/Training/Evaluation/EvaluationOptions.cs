namespace Distributed.Training.Evaluation;

/// <summary>Settings for scoring the held-out text.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Tokens S of one sequence.</summary>
    public required int SequenceLength { get; init; }

    /// <summary>Whether positions restart at each document, and attention and loss do not cross documents.</summary>
    public bool DocumentBoundaries { get; init; }

    /// <summary>Sequences per batch and rank. Default: 8.</summary>
    public int BatchSequences { get; init; } = 8;

    /// <summary>Largest number of sequences to score; 0 scores all.</summary>
    public long MaxSequences { get; init; }
}
