namespace Distributed.Rollouts;

/// <summary>Text that cannot be generated as asked, for a reason that the message tells in full.</summary>
public sealed class GenerationException(string message) : Exception(message)
{
    /// <summary>Throws one exception that lists all problems, if there are any.</summary>
    public static void ThrowIfAny(string what, IEnumerable<string> problems)
    {
        var all = problems.ToArray();
        if (all.Length > 0) throw new GenerationException($"{what}:{string.Concat(all.Select(problem => $"{Environment.NewLine}  {problem}"))}");
    }
}
