namespace Distributed.Protocol.Faults;

/// <summary>One mistake in a plan of faults.</summary>
/// <param name="Position">Where it is.</param>
/// <param name="Value">What stands there; null where something is missing.</param>
/// <param name="Allowed">What may stand there.</param>
public sealed record FaultProblem(string Position, string? Value, string Allowed)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Position}{(Value is null ? "" : $": {Value}")}: {Allowed}";
}

/// <summary>A plan of faults that cannot be used, with all of its mistakes.</summary>
/// <param name="problems">At least one.</param>
public sealed class FaultPlanException(IReadOnlyList<FaultProblem> problems)
    : Exception($"the faults: {problems.Count} mistake{(problems.Count == 1 ? "" : "s")}\n" + string.Join("\n", problems.Select(problem => "  " + problem)))
{
    /// <summary>Every mistake found, in order.</summary>
    public IReadOnlyList<FaultProblem> Problems { get; } = problems;
}
