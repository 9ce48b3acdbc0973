using System.Net;
using System.Net.Sockets;
using Distributed.Protocol.Addresses;

namespace Distributed.Cli.Service;

/// <summary>The endpoint where workers of other hosts join.</summary>
/// <param name="Host">An address or name of this machine that workers connect to.</param>
/// <param name="Port">The port; 0 selects a free port.</param>
internal sealed record WorkersEndpoint(string Host, int Port)
{
    /// <summary>Parses <c>host:port</c>; null if the text is invalid.</summary>
    public static WorkersEndpoint? TryParse(string text) =>
        HostPort.TryParse(text) is { Port: { } port, Host: var host } ? new WorkersEndpoint(host, port) : null;

    /// <summary>Resolves the address to listen on.</summary>
    /// <exception cref="UserErrorException">The name cannot be resolved.</exception>
    public async Task<IPEndPoint> ListenAsync()
    {
        try
        {
            return new IPEndPoint((await Dns.GetHostAddressesAsync(Host))[0], Port);
        }
        catch (SocketException unknown)
        {
            throw new UserErrorException($"--workers {Host}: {unknown.Message}. Give an address or name of this machine.");
        }
    }
}
