using Distributed.Data.Preparation;
using Distributed.Training.Jobs;

namespace Distributed.Training.Batches;

/// <summary>Checks that a job's text is long enough to train on: at least one sequence and the target of its last token.</summary>
public static class SequenceRequirement
{
    /// <summary>Returns an error message with the number of tokens found and needed; null if the text is long enough.</summary>
    /// <param name="data">The prepared text.</param>
    /// <param name="section">The <c>data</c> section of the job, with the sequence length.</param>
    public static string? Problem(PreparedData data, DataSection section)
    {
        const int Shortest = 2;
        if (data is not PreparedText text) return null; // examples have a row at least
        var (found, needed) = (text.Train.TokenCount, section.SequenceLength + 1L);
        if (found >= needed) return null;
        var shorter = found > Shortest ? $", or set data.sequence_length to at most {found - 1}" : "";
        return $"The training text (data.corpus) has {found} tokens, fewer than one sequence of {section.SequenceLength}: "
            + $"{needed} are needed, one more than data.sequence_length. Give more text{shorter}.";
    }
}
