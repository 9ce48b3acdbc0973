using System.Globalization;

namespace Distributed.Coordinator.Jobs;

/// <summary>Amounts as people read them, in no country's way.</summary>
public static class Amount
{
    /// <summary>A number of things, as <c>1 worker</c> or <c>2 workers</c>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="one">The name of one.</param>
    /// <param name="many">The name of several; null for that of one with an s.</param>
    public static string Of(long count, string one, string? many = null) => $"{count.ToString(CultureInfo.InvariantCulture)} {(count == 1 ? one : many ?? one + "s")}";

    /// <summary>12345678 as <c>12.3 M</c>.</summary>
    public static string Count(double value) => Scaled(value, 1000, ["", " k", " M", " B", " T"]);

    /// <summary>Bytes in powers of 1024.</summary>
    public static string Bytes(double value) => Scaled(value, 1024, [" B", " KiB", " MiB", " GiB", " TiB"]);

    /// <summary>Seconds as <c>42 s</c>, <c>3 min 05 s</c> or <c>2 h 07 min</c>.</summary>
    public static string Duration(double seconds)
    {
        if (!double.IsFinite(seconds) || seconds < 0) return "?";
        var span = TimeSpan.FromSeconds(Math.Round(seconds));
        if (span.TotalMinutes < 1) return Invariant($"{span.TotalSeconds:0} s");
        return span.TotalHours < 1 ? Invariant($"{span.Minutes} min {span.Seconds:00} s") : Invariant($"{Math.Floor(span.TotalHours):0} h {span.Minutes:00} min");
    }

    /// <summary>A bound as <c>5 s</c> or <c>2.5 min</c>.</summary>
    public static string Bound(TimeSpan bound) =>
        bound.TotalMinutes >= 1 ? Invariant($"{bound.TotalMinutes:0.#} min") : Invariant($"{bound.TotalSeconds:0.#} s");

    private static string Scaled(double value, double unit, string[] names)
    {
        var index = 0;
        while (Math.Abs(value) >= unit && index < names.Length - 1) (value, index) = (value / unit, index + 1);
        return index == 0 ? Invariant($"{value:0}{names[0]}") : Invariant($"{value:0.0}{names[index]}");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
