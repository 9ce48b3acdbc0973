namespace Distributed.Models.Configuration;

/// <summary>One mistake in a configuration: where it is, what stands there, what may stand there.</summary>
/// <param name="Key">Full path of the key, such as <c>model.hidden_size</c>.</param>
/// <param name="Value">The value as written, or null when the key is missing or unknown.</param>
/// <param name="Allowed">What is allowed, and so how to mend it.</param>
/// <param name="Nearest">For an unknown key, the known key that looks most like it.</param>
public sealed record ConfigProblem(string Key, string? Value, string Allowed, string? Nearest = null)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Key}{(Value is null ? "" : $" = {Value}")}: {Allowed}{(Nearest is null ? "" : $"; did you mean {Nearest}?")}";
}

/// <summary>A configuration that cannot be used, with all of its mistakes.</summary>
public sealed class ConfigException(string source, IReadOnlyList<ConfigProblem> problems)
    : Exception($"{source}: {problems.Count} mistake{(problems.Count == 1 ? "" : "s")}\n" + string.Join("\n", problems.Select(p => "  " + p)))
{
    /// <summary>Every mistake found, in the order of the file.</summary>
    public IReadOnlyList<ConfigProblem> Problems { get; } = problems;
}
