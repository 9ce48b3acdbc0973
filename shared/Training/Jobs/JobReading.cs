namespace Distributed.Training.Jobs;

/// <summary>A valid job and its warnings.</summary>
/// <param name="Job">The job.</param>
/// <param name="Warnings">Keys without effect, and settings with which a part of the network does not learn; may be empty.</param>
public sealed record JobReading(TrainingJob Job, IReadOnlyList<JobWarning> Warnings);

/// <summary>Warning about keys of a valid job that have no effect or probably an unintended one.</summary>
/// <param name="Keys">Full paths of the keys, at least one.</param>
/// <param name="Text">The effect and its reason.</param>
public sealed record JobWarning(IReadOnlyList<string> Keys, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{string.Join(", ", Keys)}: {Text}";
}
