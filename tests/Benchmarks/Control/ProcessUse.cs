using System.Diagnostics;
using System.Globalization;

namespace Distributed.Benchmarks.Control;

/// <summary>Resources that a process has used, as the kernel reports them.</summary>
/// <param name="Cpu">CPU time of all its threads.</param>
/// <param name="Bytes">Resident memory now, in bytes.</param>
/// <param name="PeakBytes">Peak of the resident memory, in bytes.</param>
internal sealed record ProcessUse(TimeSpan Cpu, long Bytes, long PeakBytes)
{
    /// <summary>Reads the use of this process.</summary>
    public static ProcessUse OfThis()
    {
        using var process = Process.GetCurrentProcess();
        return Of(process);
    }

    /// <summary>Reads the use of a process.</summary>
    public static ProcessUse Of(Process process)
    {
        process.Refresh();
        return new ProcessUse(process.TotalProcessorTime, process.WorkingSet64, PeakOf(process.Id));
    }

    // .NET's PeakWorkingSet64 is only the largest value that was read.
    private static long PeakOf(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        // The file has kB.
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
