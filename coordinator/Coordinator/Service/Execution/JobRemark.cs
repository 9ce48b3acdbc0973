namespace Distributed.Coordinator.Service.Execution;

/// <summary>Something that a valid job says without effect.</summary>
/// <param name="Keys">Full paths of the keys, such as <c>training.min_ratio</c>; at least one.</param>
/// <param name="Text">What happens, and why.</param>
public sealed record JobRemark(IReadOnlyList<string> Keys, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{string.Join(", ", Keys)}: {Text}";
}
