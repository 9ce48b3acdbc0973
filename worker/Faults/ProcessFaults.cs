using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Distributed.Worker.Faults;

/// <summary>Sends signals to this process. Stopping needs Linux.</summary>
public sealed partial class ProcessFaults : IProcessFaults
{
    private const int StopSignal = 19; // signal(7)

    /// <inheritdoc/>
    public void Kill()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill(); // SIGKILL
    }

    /// <inheritdoc/>
    public void Stop(TimeSpan? length)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("A process can stop itself only on Linux.");
        if (length is { } until) WakeAfter(until);
        if (kill(Environment.ProcessId, StopSignal) != 0)
            throw new InvalidOperationException($"Cannot stop this process: error {Marshal.GetLastPInvokeError()}.");
    }

    // A helper process sends the continue signal, because no thread of this process runs. Its standard streams are redirected, because
    // other processes wait until every holder of these streams has closed them.
    private static void WakeAfter(TimeSpan length)
    {
        const string Script = "exec >/dev/null 2>&1 </dev/null; sleep \"$1\"; kill -CONT \"$2\"";
        string[] arguments =
        [
            "-c", Script, "wake", length.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture),
            Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
        ];
        using var waker = Process.Start(new ProcessStartInfo("/bin/sh", arguments));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
