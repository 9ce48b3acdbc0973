using System.Net.Sockets;
using Grpc.Net.Client;

namespace Distributed.Worker.Links;

/// <summary>A connection to a coordinator, of which nothing is left when it is disposed.</summary>
internal static class CoordinatorChannel
{
    public static GrpcChannel Open(CoordinatorAddress address) =>
        GrpcChannel.ForAddress("http://coordinator", new GrpcChannelOptions { HttpHandler = Handler(address), DisposeHttpClient = true });

    private static SocketsHttpHandler Handler(CoordinatorAddress address) => new()
    {
        UseProxy = false,
        KeepAlivePingDelay = TimeSpan.FromSeconds(2),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(3),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(address.SocketPath), cancellation).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
