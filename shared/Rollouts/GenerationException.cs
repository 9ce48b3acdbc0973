namespace Distributed.Rollouts;

/// <summary>The exception for text that cannot be generated. The message states the reason.</summary>
public sealed class GenerationException(string message) : Exception(message)
{
    /// <summary>Throws an exception that lists all problems, if there are any.</summary>
    /// <param name="what">First line of the message: what failed.</param>
    /// <param name="problems">The problems, one sentence each.</param>
    public static void ThrowIfAny(string what, IEnumerable<string> problems)
    {
        var lines = problems.Select(problem => $"{Environment.NewLine}  {problem}").ToArray();
        if (lines.Length > 0) throw new GenerationException($"{what}:{string.Concat(lines)}");
    }
}
