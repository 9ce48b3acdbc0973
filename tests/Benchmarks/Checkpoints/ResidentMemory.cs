using System.Globalization;

namespace Distributed.Benchmarks.Checkpoints;

/// <summary>What this process has in main memory, whichever thread or library took it, by the kernel's own count.</summary>
internal static class ResidentMemory
{
    private const string ForgetPeak = "5"; // of /proc/self/clear_refs

    /// <summary>Bytes before an action, and the most while it runs.</summary>
    public static (long Before, long Peak) PeakDuring(Action action)
    {
        File.WriteAllText("/proc/self/clear_refs", ForgetPeak);
        var before = Read("VmRSS");
        action();
        return (before, Read("VmHWM"));
    }

    private static long Read(string name)
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture); // in kB
    }
}
