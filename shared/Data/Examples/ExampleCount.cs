using Distributed.Data.Examples.Records;

namespace Distributed.Data.Examples;

/// <summary>A number of examples, and where the first of them is.</summary>
/// <param name="Count">Number of examples.</param>
/// <param name="First">Line and name of the file of the first one; null if there is none.</param>
public sealed record ExampleCount(long Count = 0, string? First = null)
{
    internal ExampleCount With(SourceLine source) =>
        new(Count + 1, First ?? $"{source with { Path = Path.GetFileName(source.Path) }}");

    /// <inheritdoc/>
    public override string ToString() => $"{Count} example{(Count == 1 ? "" : "s")} (the first: {First})";
}
