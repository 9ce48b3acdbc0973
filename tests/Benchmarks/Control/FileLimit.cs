using System.Globalization;

namespace Distributed.Benchmarks.Control;

/// <summary>How many files a process of this user may have open; each end of a connection is one. The runtime has raised the soft limit to the hard one.</summary>
internal static class FileLimit
{
    private const int Others = 300; // assemblies, databases, event queues

    /// <summary>Why so many workers are too many; null where they are not, or nobody knows.</summary>
    public static string? Problem(int workers)
    {
        var allowed = Read();
        return allowed - Others >= workers
            ? null
            : $"{workers} workers need {workers + Others} open files in one process, and {allowed} are allowed: enough for {Math.Max(0, allowed - Others)} workers. Raise the limit with ulimit -Hn, or measure fewer with --workers.";
    }

    private static int Read()
    {
        const string Limits = "/proc/self/limits";
        if (!File.Exists(Limits)) return int.MaxValue;
        var line = File.ReadLines(Limits).First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        return int.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], CultureInfo.InvariantCulture, out var soft) ? soft : int.MaxValue; // or unlimited
    }
}
