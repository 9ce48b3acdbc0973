using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Distributed.Transports.SameHost;

namespace Distributed.Transports.Tests.SameHost;

/// <summary>Rank 1 of two in a separate process. It takes part in one exchange, then waits until it is killed.</summary>
internal sealed class SameHostRankProcess : IDisposable
{
    public const string Argument = "same-host-rank";
    private readonly Process _process;

    private SameHostRankProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public static SameHostRankProcess Start(HostFolder folder)
    {
        var start = new ProcessStartInfo(Path.ChangeExtension(typeof(SameHostRankProcess).Assembly.Location, null),
            [Argument, folder.Path]) { RedirectStandardInput = true };
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory());
        return new SameHostRankProcess(Process.Start(start)!);
    }

    /// <summary>Runs in the separate process. Ends with its standard input, so that no process is left behind.</summary>
    public static int Run(string[] args)
    {
        using var end = SameHostGroups.Connect(HostFolder.TestGroup, rank: 1, size: 2, new SameHostOptions { Directory = args[0] });
        end.Start(Traffic.Tag(0), new ExchangeBuffer[2], new ExchangeBuffer[2]).Wait();
        while (Console.In.ReadLine() is not null)
        {
        }
        return 0;
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Stops the process: it remains a rank and does not respond.</summary>
    public void Stop()
    {
        using var kill = Process.Start("kill", ["-STOP", Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
