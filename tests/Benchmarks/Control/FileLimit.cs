using System.Globalization;

namespace Distributed.Benchmarks.Control;

/// <summary>
/// The limit of open files per process; each end of a connection is one file. The .NET runtime raises the soft limit to the hard limit.
/// </summary>
internal static class FileLimit
{
    private const int Others = 300; // assemblies, databases, event queues

    /// <summary>Returns why a number of workers exceeds the limit; null if it does not, or the limit is unknown.</summary>
    public static string? Problem(int workers)
    {
        var allowed = Read();
        return allowed - Others >= workers
            ? null
            : $"{workers} workers need {workers + Others} open files in one process, but only {allowed} are allowed: "
                + $"enough for {Math.Max(0, allowed - Others)} workers. "
                + "Raise the limit with ulimit -Hn, or measure fewer workers with --workers.";
    }

    private static int Read()
    {
        const string Limits = "/proc/self/limits";
        if (!File.Exists(Limits)) return int.MaxValue;
        var line = File.ReadLines(Limits).First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        // "unlimited".
        return int.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], CultureInfo.InvariantCulture, out var soft)
            ? soft : int.MaxValue;
    }
}
