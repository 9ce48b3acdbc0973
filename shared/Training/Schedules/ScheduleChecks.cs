namespace Distributed.Training.Schedules;

/// <summary>Validation of schedule settings, and computations that several schedules share.</summary>
internal static class ScheduleChecks
{
    public static IEnumerable<string> Rate(string key, double value)
    {
        if (!double.IsFinite(value) || value < 0) yield return $"{key} is {value}; it must be 0 or more and finite.";
    }

    public static IEnumerable<string> Ratio(string key, double value)
    {
        if (!(value >= 0 && value <= 1)) yield return $"{key} is {value}; it must be 0 to 1.";
    }

    public static IEnumerable<string> Lengths(long warmupSteps, long totalSteps)
    {
        if (totalSteps < 1) yield return $"TotalSteps is {totalSteps}; it must be 1 or more.";
        if (warmupSteps < 0 || warmupSteps > totalSteps)
        {
            yield return $"WarmupSteps is {warmupSteps}; it must be 0 to TotalSteps ({totalSteps}).";
        }
    }

    /// <summary>Throws if there are errors.</summary>
    /// <exception cref="ArgumentException">There are errors; the message lists all of them.</exception>
    public static void Throw(IEnumerable<string> errors)
    {
        var all = string.Join(' ', errors);
        if (all.Length > 0) throw new ArgumentException(all);
    }

    /// <summary>Returns the factor of the warm-up: linear from 0 at step 0 to 1 at its end, then 1.</summary>
    public static double Warmup(long step, long warmupSteps) =>
        step < warmupSteps ? (double)step / warmupSteps : 1;

    /// <summary>Returns the factor of a cosine decay: 1 at progress 0, 0 at progress 1.</summary>
    public static double Cosine(double progress) => (1 + Math.Cos(Math.PI * progress)) / 2;

    /// <summary>
    /// Returns the first step of a phase that starts after a fraction of the run. A product that differs from an integer only by rounding
    /// (0.8 * 1000) counts as that integer.
    /// </summary>
    public static long Boundary(double fraction, long totalSteps)
    {
        var exact = fraction * totalSteps;
        var nearest = Math.Round(exact);
        return (long)(Math.Abs(exact - nearest) <= 1e-12 * totalSteps ? nearest : Math.Ceiling(exact));
    }
}
