using System.Globalization;

namespace Distributed.Cli.Commands.Security;

/// <summary>Parses durations such as <c>30s</c>, <c>90m</c>, <c>1h</c> and <c>7d</c>.</summary>
internal static class Duration
{
    private const int MostDays = 10_000;

    /// <summary>Parses a duration; null if the text is not a duration, is zero, or exceeds 10,000 days.</summary>
    public static TimeSpan? TryParse(string text)
    {
        if (text.Length < 2 || text.Contains('\0', StringComparison.Ordinal)) return null;
        if (!long.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1) return null;
        double? seconds = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => null };
        return seconds * number is { } total && total <= TimeSpan.FromDays(MostDays).TotalSeconds ? TimeSpan.FromSeconds(total) : null;
    }
}
