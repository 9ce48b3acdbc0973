namespace Distributed.Coordinator.Service.Execution;

/// <summary>One mistake in a request.</summary>
/// <param name="Where">Full path of the key, or the parameter, such as <c>training.steps</c>.</param>
/// <param name="Value">The value as written; null if it is missing.</param>
/// <param name="What">What is wrong with it.</param>
/// <param name="Fix">How to fix it; null if <paramref name="What"/> already states it.</param>
public sealed record JobProblem(string Where, string? Value, string What, string? Fix)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Where}{(Value is null ? "" : $" = {Value}")}: {What}{(Fix is null ? "" : $"; {Fix}")}";
}
