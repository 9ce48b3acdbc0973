namespace Distributed.Training;

/// <summary>Checks of settings: each returns an error message, or none if the setting is valid.</summary>
internal static class SettingChecks
{
    /// <summary>Throws if there are errors.</summary>
    /// <exception cref="ArgumentException">There are errors; the message lists all of them.</exception>
    public static void Throw(IEnumerable<string> errors)
    {
        var all = string.Join(' ', errors);
        if (all.Length > 0) throw new ArgumentException(all);
    }

    /// <summary>Checks the decay of a moving average, in [0, 1).</summary>
    public static IEnumerable<string> Decay(string key, double value)
    {
        if (!(value >= 0 && value < 1)) yield return $"{key} is {value}; it must be at least 0 and less than 1.";
    }

    /// <summary>Checks a factor that is 0 or more and finite.</summary>
    public static IEnumerable<string> NotNegative(string key, double value)
    {
        if (!(value >= 0 && double.IsFinite(value))) yield return $"{key} is {value}; it must be 0 or more.";
    }

    /// <summary>Checks a factor that is above 0 and finite.</summary>
    public static IEnumerable<string> Positive(string key, double value)
    {
        if (!(value > 0 && double.IsFinite(value))) yield return $"{key} is {value}; it must be more than 0.";
    }
}
