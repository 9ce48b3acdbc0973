using System.Net;
using System.Net.Sockets;
using Distributed.Protocol.Addresses;

namespace Distributed.Cli.Service;

/// <summary>Where workers of other hosts join.</summary>
/// <param name="Host">An address or a name of this machine, by which they call it.</param>
/// <param name="Port">0 for any that is free.</param>
internal sealed record WorkersEndpoint(string Host, int Port)
{
    /// <summary>From <c>host:port</c>; null where it is none.</summary>
    public static WorkersEndpoint? TryParse(string text) =>
        HostPort.TryParse(text) is { Port: { } port } said ? new WorkersEndpoint(said.Host, port) : null;

    /// <summary>The address to listen on.</summary>
    /// <exception cref="UserErrorException">The name is nobody's.</exception>
    public async Task<IPEndPoint> ListenAsync()
    {
        try
        {
            return new IPEndPoint((await Dns.GetHostAddressesAsync(Host))[0], Port);
        }
        catch (SocketException unknown)
        {
            throw new UserErrorException($"--workers {Host}: {unknown.Message}; give an address or a name of this machine.");
        }
    }
}
