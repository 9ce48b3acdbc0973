namespace Distributed.Training.Schedules;

/// <summary>What is wrong with a schedule's settings, in words; and what its phases have in common.</summary>
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

    /// <exception cref="ArgumentException">There are errors; all of them are in its message.</exception>
    public static void Throw(IEnumerable<string> errors)
    {
        var all = string.Join(' ', errors);
        if (all.Length > 0) throw new ArgumentException(all);
    }

    /// <summary>Linear from 0 at step 0 to 1 at the end of the warm-up; 1 from there on.</summary>
    public static double Warmup(long step, long warmupSteps) =>
        step < warmupSteps ? (double)step / warmupSteps : 1;

    /// <summary>From 1 at progress 0 to 0 at progress 1 along half a cosine.</summary>
    public static double Cosine(double progress) => (1 + Math.Cos(Math.PI * progress)) / 2;

    /// <summary>
    /// The first step of what begins after a fraction of the whole. A product that rounding has moved off an
    /// integer (0.8 * 1000) is that integer.
    /// </summary>
    public static long Boundary(double fraction, long totalSteps)
    {
        var exact = fraction * totalSteps;
        var nearest = Math.Round(exact);
        return (long)(Math.Abs(exact - nearest) <= 1e-12 * totalSteps ? nearest : Math.Ceiling(exact));
    }
}
