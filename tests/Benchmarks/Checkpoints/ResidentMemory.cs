using System.Globalization;

namespace Distributed.Benchmarks.Checkpoints;

/// <summary>Resident memory of this process, over all threads and libraries, as the kernel reports it.</summary>
internal static class ResidentMemory
{
    private const string ResetPeak = "5"; // for /proc/self/clear_refs

    /// <summary>Runs an action. Returns the bytes before it, and the peak while it runs.</summary>
    public static (long Before, long Peak) PeakDuring(Action action)
    {
        File.WriteAllText("/proc/self/clear_refs", ResetPeak);
        var before = Read("VmRSS");
        action();
        return (before, Read("VmHWM"));
    }

    private static long Read(string name)
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal));
        // The file has kB.
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
