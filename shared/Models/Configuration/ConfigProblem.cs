namespace Distributed.Models.Configuration;

/// <summary>One mistake in a configuration: where it is, what stands there, what may stand there.</summary>
/// <param name="Key">Full path of the key, such as <c>model.hidden_size</c>.</param>
/// <param name="Value">The value as written, or null when the key is missing or unknown.</param>
/// <param name="Allowed">What is allowed, and so how to fix it.</param>
/// <param name="Nearest">For an unknown key, the known key that looks most like it.</param>
public sealed record ConfigProblem(string Key, string? Value, string Allowed, string? Nearest = null)
{
    /// <summary>The command-line option that gave the value, or null if it stands in a file.</summary>
    public string? Option { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        var equals = Key.StartsWith("--", StringComparison.Ordinal) ? " " : " = ";
        var value = Value is null ? "" : equals + Value;
        return $"{(Option is null ? "" : $"{Option} ")}{Key}{value}: {Allowed}{(Nearest is null ? "" : $"; did you mean {Nearest}?")}";
    }
}

/// <summary>A configuration that cannot be used, with all of its mistakes.</summary>
/// <param name="source">What the configuration came from: a file, or the option that set the keys.</param>
/// <param name="problems">Every mistake found. The message lists the first <see cref="MostListed"/>.</param>
public sealed class ConfigException(string source, IReadOnlyList<ConfigProblem> problems) : Exception(Describe(source, problems))
{
    /// <summary>Mistakes that a message lists.</summary>
    public const int MostListed = 50;

    /// <summary>Every mistake found, in the order of the file.</summary>
    public IReadOnlyList<ConfigProblem> Problems { get; } = problems;

    private static string Describe(string source, IReadOnlyList<ConfigProblem> problems)
    {
        var more = problems.Count - MostListed;
        return $"{source}: {problems.Count} mistake{(problems.Count == 1 ? "" : "s")}\n"
            + string.Join("\n", problems.Take(MostListed).Select(problem => $"  {problem}")) + (more > 0 ? $"\n  and {more} more" : "");
    }
}
