using System.Text.Json.Nodes;
using Distributed.Configuration;

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

    internal static EvaluationSection Read(ConfigReader reader)
    {
        var defaults = new EvaluationSection();
        var section = new EvaluationSection
        {
            Every = reader.Int("every", defaults.Every),
            AtEnd = reader.Flag("at_end", defaults.AtEnd),
            MaxSequences = reader.Int("max_sequences", defaults.MaxSequences),
        };
        reader.RefuseUnknown();
        return section;
    }

    internal JsonObject Write() => new() { ["every"] = Every, ["at_end"] = AtEnd, ["max_sequences"] = MaxSequences };
}
