using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Links;

/// <summary>Creates Kestrel's socket listeners with a limit on the concurrent connections of each endpoint.</summary>
/// <param name="sockets">Creates the sockets.</param>
/// <param name="most">Returns the largest number of concurrent connections of an endpoint, at least 1.</param>
/// <param name="logger">Receives a line each time an endpoint reaches its limit.</param>
internal sealed class BoundedListeners(SocketTransportFactory sockets, Func<EndPoint, int> most, ILogger logger)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => sockets.CanBind(endpoint);

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new BoundedListener(await sockets.BindAsync(endpoint, cancellationToken).ConfigureAwait(false), most(endpoint), logger);
}

/// <summary>
/// Listens on an endpoint and closes a new connection at once if the endpoint is at its limit. It closes the connection before it accepts
/// the next one, so that callers hold at most one open file beyond the limit.
/// </summary>
internal sealed partial class BoundedListener(IConnectionListener listener, int most, ILogger logger) : IConnectionListener
{
    private int _open;
    private bool _full; // used only by the accepting thread

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
            connection.Abort(new ConnectionAbortedException("The endpoint has reached its limit of connections."));
            await connection.DisposeAsync().ConfigureAwait(false);
        }

        return null;
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => listener.UnbindAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => listener.DisposeAsync();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Endpoint} has {Most} connections, the maximum for the limit of open files; further connections are closed. "
            + "To allow more, raise the limit (ulimit -n) before the start")]
    private static partial void LogFull(ILogger logger, EndPoint endpoint, int most);
}
