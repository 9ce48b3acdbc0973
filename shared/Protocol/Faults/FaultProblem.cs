namespace Distributed.Protocol.Faults;

/// <summary>One mistake in a fault plan.</summary>
/// <param name="Position">Position of the mistake: the fault, and the character or line if known.</param>
/// <param name="Value">The wrong value; null if a value is missing.</param>
/// <param name="Allowed">The allowed values.</param>
public sealed record FaultProblem(string Position, string? Value, string Allowed)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Position}{(Value is null ? "" : $": {Value}")}: {Allowed}";
}

/// <summary>A fault plan has mistakes.</summary>
/// <param name="problems">All mistakes, at least one.</param>
public sealed class FaultPlanException(IReadOnlyList<FaultProblem> problems)
    : Exception($"the faults: {problems.Count} mistake{(problems.Count == 1 ? "" : "s")}\n"
        + string.Join("\n", problems.Select(problem => "  " + problem)))
{
    /// <summary>Every mistake found, in order.</summary>
    public IReadOnlyList<FaultProblem> Problems { get; } = problems;
}
