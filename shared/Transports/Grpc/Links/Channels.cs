using System.Net.Sockets;
using Distributed.Transports.Grpc.Frames;
using Grpc.Net.Client;

namespace Distributed.Transports.Grpc.Links;

/// <summary>Creates connections to other ranks, each a separate channel, so that a large payload does not delay other frames.</summary>
internal static class Channels
{
    private const int StreamWindow = 16 << 20; // the maximum of the client
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3), PingEvery = TimeSpan.FromSeconds(1);

    public static GrpcChannel To(Uri address, GrpcExchangeServerOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = ConnectTimeout,
            InitialHttp2StreamWindowSize = StreamWindow,
            KeepAlivePingDelay = PingEvery,
            KeepAlivePingTimeout = options.PingTimeout,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            ConnectCallback = ConnectAsync,
        };
        if (options.Tls is { } tls) handler.SslOptions = tls.ForClient(options.TimeProvider);
        return GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = WireLimits.MaxFrameBytes,
            MaxSendMessageSize = WireLimits.MaxMessageBytes,
            LoggerFactory = options.Logging,
        });
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
