using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Distributed.Transports.Tests;

/// <summary>A rank in a separate process: this program with the arguments of a rank. It ends with its standard input.</summary>
internal class RankProcess : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private readonly Process _process;

    public RankProcess(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.ChangeExtension(typeof(RankProcess).Assembly.Location, null), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory());
        _process = Process.Start(start)!;
    }

    public int Id => _process.Id;

    /// <summary>Returns the next line that the process writes; null at its end.</summary>
    public async Task<string?> ReadLineAsync()
    {
        var stop = TestContext.Current.CancellationToken;
        return await _process.StandardOutput.ReadLineAsync(stop).AsTask().WaitAsync(Bound, stop);
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Stops the process: it keeps its connections and does not respond.</summary>
    public void Stop()
    {
        using var kill = Process.Start("kill", ["-STOP", Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit(Bound);
        _process.Dispose();
    }
}
