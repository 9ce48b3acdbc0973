namespace Distributed.Checkpoints;

/// <summary>Formats several problems as one message that shows the first ten and counts the rest.</summary>
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
