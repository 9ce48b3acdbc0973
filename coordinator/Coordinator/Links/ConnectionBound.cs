using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Links;

/// <summary>The most connections that one endpoint has at a time. One more is accepted and closed, so that its caller need not wait for nothing.</summary>
/// <param name="most">Connections, at least 1.</param>
/// <param name="endpoint">For the log.</param>
/// <param name="logger">Takes a line each time that the endpoint becomes full.</param>
internal sealed partial class ConnectionBound(int most, string endpoint, ILogger logger)
{
    private int _open, _full;

    /// <summary>Bounds an endpoint; to be called before anything else is added to it, such as TLS.</summary>
    public void Apply(ListenOptions listen) => listen.Use(next => connection => CarryAsync(connection, next));

    private async Task CarryAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        try
        {
            if (Interlocked.Increment(ref _open) <= most)
            {
                await next(connection).ConfigureAwait(false);
                return;
            }

            if (Interlocked.Exchange(ref _full, 1) == 0) LogFull(logger, endpoint, most);
            await connection.Transport.Input.CompleteAsync().ConfigureAwait(false);
            await connection.Transport.Output.CompleteAsync().ConfigureAwait(false);
        }
        finally
        {
            if (Interlocked.Decrement(ref _open) < most) Volatile.Write(ref _full, 0);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Endpoint} has {Most} connections, the most that the limit of open files allows; more are closed as they come. A higher limit (ulimit -n) before the start allows more")]
    private static partial void LogFull(ILogger logger, string endpoint, int most);
}
