using Distributed.Configuration.Keys;

namespace Distributed.Training.Jobs;

/// <summary>Section <c>evaluation</c> of a job: when the held-out text is scored.</summary>
public sealed record EvaluationSection
{
    /// <summary>Steps between evaluations; 0 for no evaluation during the run.</summary>
    public int Every { get; init; }

    /// <summary>Whether the initial and the final weights are scored, which shows the improvement over the run.</summary>
    public bool AtEnd { get; init; } = true;

    /// <summary>Largest number of sequences to score; 0 scores all.</summary>
    public int MaxSequences { get; init; }

    internal static KeyTable<EvaluationSection> Keys { get; } = new KeyTable<EvaluationSection>()
        .Integer("every", section => section.Every, "Steps between evaluations; 0 for no evaluation during the run.")
        .Flag("at_end", section => section.AtEnd,
            "Whether the initial and the final weights are scored, which shows the improvement over the run.")
        .Integer("max_sequences", section => section.MaxSequences, "Largest number of sequences to score; 0 scores all.");
}
