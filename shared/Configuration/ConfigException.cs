namespace Distributed.Configuration;

/// <summary>Thrown for an invalid configuration or fault plan; lists all of its mistakes.</summary>
/// <param name="source">Origin of the mistakes: a file, the option that set the keys, or what was read.</param>
/// <param name="problems">All mistakes found. The message lists the first <see cref="MaxListed"/>.</param>
public sealed class ConfigException(string source, IReadOnlyList<ConfigProblem> problems) : Exception(Describe(source, problems))
{
    /// <summary>Maximum number of mistakes that a message lists.</summary>
    public const int MaxListed = 50;

    /// <summary>All mistakes found, in the order in which they were found.</summary>
    public IReadOnlyList<ConfigProblem> Problems { get; } = problems;

    private static string Describe(string source, IReadOnlyList<ConfigProblem> problems)
    {
        var more = problems.Count - MaxListed;
        return $"{source}: {problems.Count} mistake{(problems.Count == 1 ? "" : "s")}\n"
            + string.Join("\n", problems.Take(MaxListed).Select(problem => $"  {problem}")) + (more > 0 ? $"\n  and {more} more" : "");
    }
}
