using System.Diagnostics;
using System.Globalization;

namespace Distributed.Benchmarks.Control;

/// <summary>What a process has used so far, by the kernel's own count.</summary>
/// <param name="Cpu">Time of all its threads.</param>
/// <param name="Bytes">In main memory now.</param>
/// <param name="PeakBytes">The most that it had there.</param>
internal sealed record ProcessUse(TimeSpan Cpu, long Bytes, long PeakBytes)
{
    /// <summary>Of the process that asks.</summary>
    public static ProcessUse OfThis()
    {
        using var process = Process.GetCurrentProcess();
        return Of(process);
    }

    /// <summary>Of any process.</summary>
    public static ProcessUse Of(Process process)
    {
        process.Refresh();
        return new ProcessUse(process.TotalProcessorTime, process.WorkingSet64, PeakOf(process.Id));
    }

    // What .NET calls the peak is the largest of the values that it happened to read.
    private static long PeakOf(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture); // in kB
    }
}
