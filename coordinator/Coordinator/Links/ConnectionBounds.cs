using System.Net;
using Distributed.Protocol.Limits;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Links;

/// <summary>
/// How many connections each endpoint of a coordinator may have: a share of the files that this process may have open, so that callers of one
/// endpoint cannot take those of another, nor the files that the coordinator itself needs.
/// </summary>
/// <param name="Api">Of the JSON API.</param>
/// <param name="Workers">Of the socket, and as many of the port for workers of other hosts.</param>
internal sealed record ConnectionBounds(int Api, int Workers)
{
    private const int OwnFiles = 288, Least = 32, Most = 16_384;

    /// <summary>For a limit of open files; null is none.</summary>
    public static ConnectionBounds Of(long? openFiles)
    {
        var all = (int)Math.Clamp((openFiles ?? Most + OwnFiles) - OwnFiles, Least, Most);
        return new ConnectionBounds(all / 4, all * 3 / 8);
    }

    /// <summary>Bounds the endpoints of a web server by the limit of this process; to be called after Kestrel is added.</summary>
    /// <param name="services">Of the web server.</param>
    /// <param name="api">Where the JSON API listens; null if it is not served.</param>
    public static void Apply(IServiceCollection services, EndPoint? api = null)
    {
        var bounds = Of(ResourceLimits.OpenFiles);
        services.AddSingleton<IConnectionListenerFactory>(provider => new BoundedListeners( // the last that is added is asked first
            ActivatorUtilities.CreateInstance<SocketTransportFactory>(provider),
            endpoint => endpoint.Equals(api) ? bounds.Api : bounds.Workers,
            provider.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ControlServer).FullName!)));
    }
}
