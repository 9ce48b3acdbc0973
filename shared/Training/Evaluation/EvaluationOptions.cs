namespace Distributed.Training.Evaluation;

/// <summary>How held-out text is scored.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Tokens S of a sequence.</summary>
    public required int SequenceLength { get; init; }

    /// <summary>Whether positions restart, and attention and loss stay, within a document.</summary>
    public bool DocumentBoundaries { get; init; }

    /// <summary>Sequences that one rank scores at a time.</summary>
    public int BatchSequences { get; init; } = 8;

    /// <summary>Most sequences to score; 0 scores all.</summary>
    public long MaxSequences { get; init; }
}
