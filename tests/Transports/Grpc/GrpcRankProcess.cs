using Distributed.Transports.Grpc;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>Rank 1 of two in a separate process. It takes part in one exchange, then waits until it is killed.</summary>
internal sealed class GrpcRankProcess(Uri rank0) : RankProcess(Argument, rank0.ToString())
{
    public const string Argument = "grpc-rank";

    private Uri? _address;

    public Uri Address => _address!;

    public static async Task<GrpcRankProcess> StartAsync(Uri rank0)
    {
        var process = new GrpcRankProcess(rank0);
        process._address = new Uri((await process.ReadLineAsync())!);
        return process;
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
}
