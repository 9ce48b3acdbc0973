namespace Distributed.Configuration;

/// <summary>One mistake in a configuration: the key, the value found, and the values allowed.</summary>
/// <param name="Key">Full path of the key, such as <c>model.hidden_size</c>.</param>
/// <param name="Value">The value as written; null if the key is missing or has no value.</param>
/// <param name="Allowed">The allowed values or the reason, and how to fix the mistake.</param>
/// <param name="Nearest">The known key or word most similar to an unknown one; null if none is similar.</param>
public sealed record ConfigProblem(string Key, string? Value, string Allowed, string? Nearest = null)
{
    /// <summary>The command-line option that set the value; null if the value comes from a file.</summary>
    public string? Option { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        var equals = Key.StartsWith("--", StringComparison.Ordinal) ? " " : " = ";
        var value = Value is null ? "" : equals + Value;
        return $"{(Option is null ? "" : $"{Option} ")}{Key}{value}: {Allowed}{(Nearest is null ? "" : $"; did you mean {Nearest}?")}";
    }
}

/// <summary>Thrown for an invalid configuration; lists all of its mistakes.</summary>
/// <param name="source">Origin of the configuration: a file, or the option that set the keys.</param>
/// <param name="problems">All mistakes found. The message lists the first <see cref="MaxListed"/>.</param>
public sealed class ConfigException(string source, IReadOnlyList<ConfigProblem> problems) : Exception(Describe(source, problems))
{
    /// <summary>Maximum number of mistakes that a message lists.</summary>
    public const int MaxListed = 50;

    /// <summary>All mistakes found, in the order of the file.</summary>
    public IReadOnlyList<ConfigProblem> Problems { get; } = problems;

    private static string Describe(string source, IReadOnlyList<ConfigProblem> problems)
    {
        var more = problems.Count - MaxListed;
        return $"{source}: {problems.Count} mistake{(problems.Count == 1 ? "" : "s")}\n"
            + string.Join("\n", problems.Take(MaxListed).Select(problem => $"  {problem}")) + (more > 0 ? $"\n  and {more} more" : "");
    }
}
