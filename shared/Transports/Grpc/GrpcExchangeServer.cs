using Distributed.Transports.Grpc.Frames;
using Distributed.Transports.Grpc.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Distributed.Transports.Grpc;

/// <summary>
/// The gRPC server of a rank, and the groups that the rank connects through it: one epoch of each at a time. Start the server, distribute
/// its <see cref="Address"/> to the other ranks, then connect.
/// </summary>
public sealed class GrpcExchangeServer : IAsyncDisposable
{
    private readonly GrpcExchangeServerOptions _options;
    private readonly ILogger _logger;
    private readonly Refusals _refusals;
    private readonly GroupRegistry _registry;
    private WebApplication? _server;
    private int _disposed;

    private GrpcExchangeServer(GrpcExchangeServerOptions options)
    {
        _options = options;
        _logger = options.Logging.CreateLogger(typeof(GrpcExchangeServer).FullName!);
        _refusals = new Refusals(_logger);
        _registry = new GroupRegistry(_refusals);
        Address = null!; // set once the port is known
    }

    /// <summary>Address that other ranks use to reach this one, with the actual port.</summary>
    public Uri Address { get; private set; }

    /// <summary>Starts the server.</summary>
    /// <exception cref="ArgumentException">An option is out of range, or other hosts could connect without TLS.</exception>
    /// <exception cref="IOException">The address is in use or does not belong to this machine.</exception>
    public static async Task<GrpcExchangeServer> StartAsync(
        GrpcExchangeServerOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new GrpcExchangeServerOptions();
        ThrowIfAny(options.Validate(), nameof(options));
        var server = new GrpcExchangeServer(options);
        server._server = await ExchangeWebServer.StartAsync(options, server._registry, server._refusals, cancellation);
        var scheme = options.Tls is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        var host = options.AdvertisedHost ?? options.Listen.ToString();
        server.Address = new UriBuilder(scheme, host, ExchangeWebServer.PortOf(server._server)).Uri;
        return server;
    }

    /// <summary>
    /// Connects to all other ranks of an epoch of a group. Waits for ranks that have not started yet, at most
    /// <see cref="GrpcExchangeServerOptions.ConnectTimeout"/>. Disposes an earlier epoch of the group on this server.
    /// </summary>
    /// <exception cref="ArgumentException">The membership or an option is invalid.</exception>
    /// <exception cref="InvalidOperationException">The server is in this epoch of the group or in a later one.</exception>
    /// <exception cref="GrpcConnectException">Ranks are missing or refuse this one.</exception>
    /// <exception cref="ExchangeAbortedException">A rank was lost or stopped connecting in the meantime.</exception>
    public async Task<GrpcFabric> ConnectAsync(
        GrpcMembership membership, ExchangeOptions? options = null, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        options ??= new ExchangeOptions();
        ThrowIfAny(membership.Validate(), nameof(membership));
        ThrowIfAny(options.Validate(), nameof(options));
        var fabric = new GrpcFabric(membership, options, _options, _refusals, _logger);
        try
        {
            if (_registry.Add(fabric) is { } earlier) await earlier.DisposeAsync().AsTask().WaitAsync(cancellation);
            // The readers that this starts do not use threads of the caller.
            await Task.Run(() => fabric.ConnectAsync(cancellation), cancellation);
            // The caller may block in training: its continuation must not run on a thread that serves a connection.
            await Task.Yield();
            GrpcLog.Connected(_logger, membership.Identity, membership.Rank, Address);
            return fabric;
        }
        catch
        {
            await Task.Yield();
            _registry.Remove(fabric);
            await fabric.DisposeAsync();
            throw;
        }
    }

    /// <summary>Number of frames and handshakes that were refused, by kind.</summary>
    public long RefusalCount(RefusalKind kind) => _refusals.Count(kind);

    /// <summary>Leaves all groups and stops the server. Exchanges in flight are aborted.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await Task.WhenAll(_registry.TakeAll().Select(fabric => fabric.DisposeAsync().AsTask()));
        using var patience = new CancellationTokenSource(_options.CloseTimeout, _options.TimeProvider);
        await _server!.StopAsync(patience.Token);
        await _server.DisposeAsync();
    }

    private static void ThrowIfAny(IEnumerable<string> errors, string name)
    {
        var text = string.Join(' ', errors);
        if (text.Length > 0) throw new ArgumentException(text, name);
    }
}
