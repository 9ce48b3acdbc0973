using System.Net.Security;
using System.Net.Sockets;
using Distributed.Protocol.Security;
using Distributed.Worker.Security;
using Grpc.Net.Client;

namespace Distributed.Worker.Links;

/// <summary>Opens connections to a coordinator. Disposing a channel closes all of its connections.</summary>
internal static class CoordinatorChannel
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10), PingEvery = TimeSpan.FromSeconds(2),
        PingTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Presents this worker's certificate, if it has one, and accepts only a coordinator's certificate.</summary>
    public static GrpcChannel Open(CoordinatorAddress address, TlsIdentity? tls, TimeProvider time) =>
        Open(address, tls is null ? null : CoordinatorTrust.Authenticated(tls, time));

    public static GrpcChannel Open(CoordinatorAddress address, SslClientAuthenticationOptions? tls)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            KeepAlivePingDelay = PingEvery,
            KeepAlivePingTimeout = PingTimeout,
            ConnectTimeout = ConnectTimeout,
            ConnectCallback = (context, cancellation) =>
                ConnectAsync(address.SocketPath is { } path ? new UnixDomainSocketEndPoint(path) : context.DnsEndPoint, cancellation),
        };
        if (tls is not null) handler.SslOptions = tls;
        return GrpcChannel.ForAddress(
            address.Endpoint ?? new Uri("http://coordinator"), new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }

    private static async ValueTask<Stream> ConnectAsync(System.Net.EndPoint endpoint, CancellationToken cancellation)
    {
        var socket = endpoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
