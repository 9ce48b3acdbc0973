namespace Distributed.Training.Schedules;

/// <summary>Checks of schedule settings: each returns an error message, or none if the setting is valid.</summary>
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
}
