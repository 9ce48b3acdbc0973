using Distributed.Transports.Grpc.Frames;
using Distributed.Transports.Grpc.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Distributed.Transports.Grpc;

/// <summary>
/// A rank's server, and through it the groups that the rank belongs to: one epoch of each at a time. Start it, tell its
/// <see cref="Address"/> to whoever hands out the addresses of all ranks, then connect.
/// </summary>
public sealed class GrpcNode : IAsyncDisposable
{
    private readonly GrpcNodeOptions _options;
    private readonly ILogger _logger;
    private readonly Refusals _refusals;
    private readonly GroupRegistry _registry;
    private WebApplication? _server;
    private int _disposed;

    private GrpcNode(GrpcNodeOptions options)
    {
        _options = options;
        _logger = options.Logging.CreateLogger(typeof(GrpcNode).FullName!);
        _refusals = new Refusals(_logger);
        _registry = new GroupRegistry(_refusals);
        Address = null!; // once the port is known
    }

    /// <summary>How other ranks reach this one, with the port that is really listened to.</summary>
    public Uri Address { get; private set; }

    /// <summary>Starts to listen.</summary>
    /// <exception cref="ArgumentException">Options are out of range, or would serve others without TLS.</exception>
    /// <exception cref="IOException">The address is taken or not this machine's.</exception>
    public static async Task<GrpcNode> StartAsync(GrpcNodeOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new GrpcNodeOptions();
        ThrowIfAny(options.Validate(), nameof(options));
        var node = new GrpcNode(options);
        node._server = await NodeServer.StartAsync(options, node._registry, node._refusals, cancellation);
        var scheme = options.Tls is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        node.Address = new UriBuilder(scheme, options.AdvertisedHost ?? options.Listen.ToString(), NodeServer.PortOf(node._server)).Uri;
        return node;
    }

    /// <summary>
    /// Connects with all other ranks of a group's epoch, waiting for those that are not up yet, at most
    /// <see cref="GrpcNodeOptions.ConnectTimeout"/>. An earlier epoch of the group on this node ends.
    /// </summary>
    /// <exception cref="ArgumentException">The membership or the options cannot be.</exception>
    /// <exception cref="InvalidOperationException">The node is in this epoch of the group, or in a later one.</exception>
    /// <exception cref="GrpcConnectException">Ranks are missing, or have refused this one.</exception>
    /// <exception cref="ExchangeAbortedException">A rank was lost or gave up meanwhile.</exception>
    public async Task<GrpcFabric> ConnectAsync(GrpcMembership membership, ExchangeOptions? options = null, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        options ??= new ExchangeOptions();
        ThrowIfAny(membership.Validate(), nameof(membership));
        ThrowIfAny(options.Validate(), nameof(options));
        var fabric = new GrpcFabric(membership, options, _options, _refusals, _logger);
        try
        {
            if (_registry.Add(fabric) is { } earlier) await earlier.DisposeAsync().AsTask().WaitAsync(cancellation);
            await Task.Run(() => fabric.ConnectAsync(cancellation), cancellation); // what reads from then on needs none of the caller's threads
            await Task.Yield(); // the caller may go on to train, blocking: not on a thread that serves a connection
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

    /// <summary>How many frames and handshakes have been refused.</summary>
    public long Refused(RefusalKind kind) => _refusals.Count(kind);

    /// <summary>Leaves all groups and stops to listen. With exchanges in flight that aborts them.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await Task.WhenAll(_registry.TakeAll().Select(fabric => fabric.DisposeAsync().AsTask()));
        using var patience = new CancellationTokenSource(_options.Farewell, _options.TimeProvider);
        await _server!.StopAsync(patience.Token);
        await _server.DisposeAsync();
    }

    private static void ThrowIfAny(IEnumerable<string> errors, string name)
    {
        var text = string.Join(' ', errors);
        if (text.Length > 0) throw new ArgumentException(text, name);
    }
}
