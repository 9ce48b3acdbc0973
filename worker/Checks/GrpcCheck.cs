using System.Net.Sockets;
using Distributed.Transports;
using Distributed.Transports.Grpc;

namespace Distributed.Worker.Checks;

/// <summary>Tests the exchange over gRPC, between two endpoints on loopback ports of this process.</summary>
internal static class GrpcCheck
{
    private const string Name = "grpc";

    public static async Task<TransportCheck> RunAsync()
    {
        try
        {
            var options = new GrpcExchangeServerOptions { ConnectTimeout = ExchangeCheck.Timeout };
            await using GrpcExchangeServer first = await GrpcExchangeServer.StartAsync(options),
                second = await GrpcExchangeServer.StartAsync(options);
            GrpcExchangeServer[] servers = [first, second];
            return await Task.Run(() => ExchangeCheck.OfTwo(Name, rank => servers[rank].ConnectAsync(
                new GrpcMembership { Identity = ExchangeCheck.Identity, Rank = rank, Addresses = [first.Address, second.Address] },
                new ExchangeOptions { Timeout = ExchangeCheck.Timeout }).GetAwaiter().GetResult().World));
        }
        catch (Exception refused) when (refused is IOException or SocketException)
        {
            return new TransportCheck(Name, null, refused.Message);
        }
    }
}
