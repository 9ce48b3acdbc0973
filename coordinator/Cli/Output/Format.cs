using System.Globalization;

namespace Distributed.Cli.Output;

/// <summary>Numbers as people read them.</summary>
internal static class Format
{
    /// <summary>Exactly, with separators.</summary>
    public static string Exact(long count, string one, string? many = null) => $"{Exact(count)} {(count == 1 ? one : many ?? one + "s")}";

    /// <summary>12345678 as <c>12,345,678</c>.</summary>
    public static string Exact(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Ascending numbers as ranges: <c>0-5, 8</c>.</summary>
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

    /// <summary>A path as one would type it here: relative to the current directory where it lies below.</summary>
    public static string Location(string path)
    {
        var relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    /// <summary>Formats in no country's way.</summary>
    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
