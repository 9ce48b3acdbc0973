namespace Distributed.Checkpoints;

/// <summary>Many problems in one message: counted, the first ten shown.</summary>
internal static class ProblemList
{
    private const int Shown = 10;

    public static string Format(string headline, IReadOnlyCollection<string> problems)
    {
        var lines = problems.Take(Shown).Select(p => $"\n  {p}");
        var rest = problems.Count > Shown ? $"\n  and {problems.Count - Shown} more" : "";
        return $"{headline}:{string.Concat(lines)}{rest}";
    }
}
