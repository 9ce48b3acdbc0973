using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Links;

/// <summary>Kestrel's sockets, with the most connections that each endpoint has at a time.</summary>
/// <param name="sockets">Listens.</param>
/// <param name="most">Connections of an endpoint, at least 1.</param>
/// <param name="logger">Takes a line each time that an endpoint becomes full.</param>
internal sealed class BoundedListeners(SocketTransportFactory sockets, Func<EndPoint, int> most, ILogger logger) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => sockets.CanBind(endpoint);

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new BoundedListener(await sockets.BindAsync(endpoint, cancellationToken).ConfigureAwait(false), most(endpoint), logger);
}

/// <summary>
/// An endpoint that closes a connection at once if it has as many as it may. It closes before it accepts the next, so that callers, however many
/// and fast, hold one open file beyond the bound.
/// </summary>
internal sealed partial class BoundedListener(IConnectionListener listener, int most, ILogger logger) : IConnectionListener
{
    private int _open;
    private bool _full; // of the one thread that accepts

    /// <inheritdoc/>
    public EndPoint EndPoint => listener.EndPoint;

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await listener.AcceptAsync(cancellationToken).ConfigureAwait(false) is { } connection)
        {
            if (Volatile.Read(ref _open) < most)
            {
                _full = false;
                Interlocked.Increment(ref _open);
                connection.ConnectionClosed.UnsafeRegister(_ => Interlocked.Decrement(ref _open), null);
                return connection;
            }

            if (!_full) LogFull(logger, listener.EndPoint, most);
            _full = true;
            connection.Abort(new ConnectionAbortedException("The endpoint has all the connections that it may have."));
            await connection.DisposeAsync().ConfigureAwait(false);
        }

        return null;
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => listener.UnbindAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => listener.DisposeAsync();

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Endpoint} has {Most} connections, the most that the limit of open files allows; more are closed as they come. A higher limit (ulimit -n) before the start allows more")]
    private static partial void LogFull(ILogger logger, EndPoint endpoint, int most);
}
