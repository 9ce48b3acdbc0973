namespace Distributed.Coordinator.Service.Execution;

/// <summary>Keys of a valid job that have no effect.</summary>
/// <param name="Keys">Full paths of the keys, such as <c>training.min_ratio</c>; at least one.</param>
/// <param name="Text">The effect on the job, and the reason.</param>
public sealed record SubmissionWarning(IReadOnlyList<string> Keys, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{string.Join(", ", Keys)}: {Text}";
}
