using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Distributed.Transports.Grpc;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>Rank 1 of two in a separate process. It takes part in one exchange, then waits until it is killed.</summary>
internal sealed class GrpcRankProcess : IDisposable
{
    public const string Argument = "grpc-rank";
    private readonly Process _process;

    private GrpcRankProcess(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public static async Task<GrpcRankProcess> StartAsync(Uri rank0)
    {
        var start = new ProcessStartInfo(Path.ChangeExtension(typeof(GrpcRankProcess).Assembly.Location, null),
            [Argument, rank0.ToString()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory());
        var process = Process.Start(start)!;
        var address = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()
            .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        return new GrpcRankProcess(process, new Uri(address!));
    }

    /// <summary>Runs in the separate process. Ends with its standard input, so that no process is left behind.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        await using var server = await GrpcExchangeServer.StartAsync(
            new GrpcExchangeServerOptions { PingTimeout = TimeSpan.FromMinutes(1) });
        Console.WriteLine(server.Address);
        var fabric = await server.ConnectAsync(
            new GrpcMembership { Identity = GrpcWorld.Identity, Rank = 1, Addresses = [new Uri(args[0]), server.Address] });
        fabric.World.Start(Traffic.Tag(0), new ExchangeBuffer[2], new ExchangeBuffer[2]).Wait();
        while (await Console.In.ReadLineAsync() is not null)
        {
        }
        return 0;
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Stops the process: it keeps its connections and does not respond.</summary>
    public void Stop()
    {
        using var kill = Process.Start("kill", ["-STOP", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
