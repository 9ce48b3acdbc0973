using System.Net;
using Distributed.Protocol.Limits;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Links;

/// <summary>
/// Limits on the connections of each endpoint of a coordinator. Each limit is a share of the process's limit of open files, so that callers
/// of one endpoint cannot exhaust another endpoint or the files that the coordinator itself needs.
/// </summary>
/// <param name="Api">Largest number of connections of the JSON API.</param>
/// <param name="Workers">Largest number of connections of the socket, and of the port for workers of other hosts.</param>
internal sealed record ConnectionBounds(int Api, int Workers)
{
    private const int OwnFiles = 288, Least = 32, Most = 16_384;

    /// <summary>Returns the limits for a limit of open files.</summary>
    /// <param name="openFiles">Limit of open files of the process; null if there is none.</param>
    public static ConnectionBounds Of(long? openFiles)
    {
        var all = (int)Math.Clamp((openFiles ?? Most + OwnFiles) - OwnFiles, Least, Most);
        return new ConnectionBounds(all / 4, all * 3 / 8);
    }

    /// <summary>Limits the connections of a web server by the open files of this process. Call it after Kestrel is added.</summary>
    /// <param name="services">Services of the web server.</param>
    /// <param name="api">Endpoint of the JSON API; null if it is not served.</param>
    public static void Apply(IServiceCollection services, EndPoint? api = null)
    {
        var bounds = Of(ResourceLimits.OpenFiles);
        // Kestrel prefers the factory that was added last
        services.AddSingleton<IConnectionListenerFactory>(provider => new BoundedListeners(
            ActivatorUtilities.CreateInstance<SocketTransportFactory>(provider),
            endpoint => endpoint.Equals(api) ? bounds.Api : bounds.Workers,
            provider.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ControlServer).FullName!)));
    }
}
