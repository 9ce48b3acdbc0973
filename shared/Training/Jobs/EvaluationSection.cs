using System.Text.Json.Nodes;
using Distributed.Models.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>When the held-out text is scored: section <c>evaluation</c> of a job.</summary>
public sealed record EvaluationSection
{
    /// <summary>Steps from one evaluation to the next; 0 for none on the way.</summary>
    public int Every { get; init; }

    /// <summary>Whether the first and the last weights are scored, so that a run says what it has gained.</summary>
    public bool AtEnd { get; init; } = true;

    /// <summary>Most sequences to score; 0 scores all of them.</summary>
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
