using System.Globalization;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>
/// The signals that this process ignores, for example SIGHUP under <c>nohup</c>. The processes that it starts ignore them too.
/// </summary>
internal static class InheritedSignals
{
    private static readonly Dictionary<string, int> Numbers = new() { ["-HUP"] = 1, ["-INT"] = 2, ["-TERM"] = 15 }; // signal(7)

    /// <summary>Skips the current test if this process ignores the signal that the test sends.</summary>
    /// <param name="signal">The signal as an option of kill(1), such as <c>-HUP</c>.</param>
    public static void SkipIfIgnored(string signal) =>
        Assert.SkipWhen((Ignored >> (Numbers[signal] - 1) & 1) == 1, $"This process was started with SIG{signal[1..]} ignored.");

    // The kernel's mask of ignored signals, see proc(5).
    private static ulong Ignored
    {
        get
        {
            const string Key = "SigIgn:";
            if (!OperatingSystem.IsLinux()) return 0;
            var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Key, StringComparison.Ordinal));
            return ulong.Parse(line.AsSpan(Key.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }
    }
}
