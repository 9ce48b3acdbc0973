using System.Globalization;

namespace Distributed.Coordinator.Jobs;

/// <summary>Formats amounts for people, independent of the culture.</summary>
public static class Amount
{
    /// <summary>Formats a count with its noun, such as <c>1 worker</c> or <c>2 workers</c>.</summary>
    /// <param name="count">The number of things.</param>
    /// <param name="one">The singular noun.</param>
    /// <param name="many">The plural noun; null appends an s to the singular.</param>
    public static string Of(long count, string one, string? many = null) =>
        $"{count.ToString(CultureInfo.InvariantCulture)} {(count == 1 ? one : many ?? one + "s")}";

    /// <summary>Formats a count with a decimal prefix, such as <c>12.3 M</c> for 12345678.</summary>
    public static string Count(double value) => Scaled(value, 1000, ["", " k", " M", " B", " T"]);

    /// <summary>Formats a number of bytes in powers of 1024, such as <c>3.0 MiB</c>.</summary>
    public static string Bytes(double value) => Scaled(value, 1024, [" B", " KiB", " MiB", " GiB", " TiB"]);

    /// <summary>
    /// Formats seconds as <c>42 s</c>, <c>3 min 05 s</c> or <c>2 h 07 min</c>; <c>?</c> if they are negative or not finite.
    /// </summary>
    public static string Duration(double seconds)
    {
        if (!double.IsFinite(seconds) || seconds < 0) return "?";
        var span = TimeSpan.FromSeconds(Math.Round(seconds));
        if (span.TotalMinutes < 1) return Invariant($"{span.TotalSeconds:0} s");
        return span.TotalHours < 1
            ? Invariant($"{span.Minutes} min {span.Seconds:00} s") : Invariant($"{Math.Floor(span.TotalHours):0} h {span.Minutes:00} min");
    }

    /// <summary>Formats a timeout as <c>5 s</c> or <c>2.5 min</c>.</summary>
    public static string FormatTimeout(TimeSpan timeout) =>
        timeout.TotalMinutes >= 1 ? Invariant($"{timeout.TotalMinutes:0.#} min") : Invariant($"{timeout.TotalSeconds:0.#} s");

    private static string Scaled(double value, double unit, string[] names)
    {
        var index = 0;
        while (Math.Abs(value) >= unit && index < names.Length - 1) (value, index) = (value / unit, index + 1);
        return index == 0 ? Invariant($"{value:0}{names[0]}") : Invariant($"{value:0.0}{names[index]}");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
