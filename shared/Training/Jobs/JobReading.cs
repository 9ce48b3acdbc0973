namespace Distributed.Training.Jobs;

/// <summary>A valid job, and what its keys say without effect.</summary>
/// <param name="Job">The job.</param>
/// <param name="Warnings">Keys that do nothing, and settings under which a part of the network does not learn; may be empty.</param>
public sealed record JobReading(TrainingJob Job, IReadOnlyList<JobWarning> Warnings);

/// <summary>Keys of a valid job that have no effect, or an effect that hardly can be meant.</summary>
/// <param name="Keys">Full paths of the keys, at least one.</param>
/// <param name="Text">What happens, and why.</param>
public sealed record JobWarning(IReadOnlyList<string> Keys, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{string.Join(", ", Keys)}: {Text}";
}
