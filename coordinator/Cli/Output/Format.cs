using System.Globalization;

namespace Distributed.Cli.Output;

/// <summary>Formats numbers, ranges and paths for display.</summary>
internal static class Format
{
    /// <summary>Formats a count with its noun: <c>1 token</c>, <c>12,345 tokens</c>.</summary>
    /// <param name="count">The count.</param>
    /// <param name="one">The noun for a count of 1.</param>
    /// <param name="many">The noun for other counts; null appends an s to <paramref name="one"/>.</param>
    public static string Exact(long count, string one, string? many = null) => $"{Exact(count)} {(count == 1 ? one : many ?? one + "s")}";

    /// <summary>Formats 12345678 as <c>12,345,678</c>.</summary>
    public static string Exact(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Formats ascending numbers as ranges: <c>0-5, 8</c>.</summary>
    public static string Ranges(IEnumerable<int> numbers)
    {
        var ranges = new List<(int First, int Last)>();
        foreach (var number in numbers)
        {
            if (ranges.Count > 0 && ranges[^1].Last == number - 1) ranges[^1] = (ranges[^1].First, number);
            else ranges.Add((number, number));
        }

        return string.Join(", ", ranges.Select(range => range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}"));
    }

    /// <summary>Returns a path relative to the current directory if it is below it; otherwise unchanged.</summary>
    public static string Location(string path)
    {
        var relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    /// <summary>Formats with the invariant culture.</summary>
    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
