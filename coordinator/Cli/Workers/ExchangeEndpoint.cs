using System.Net;
using System.Net.Sockets;
using Distributed.Protocol.Addresses;

namespace Distributed.Cli.Workers;

/// <summary>Where a worker serves the exchange: <c>host[:port]</c>, a name or address of this machine and maybe a port, a free one without.</summary>
/// <param name="Host">By which others reach it.</param>
/// <param name="Port">0 for a free one.</param>
internal sealed record ExchangeEndpoint(string Host, int Port)
{
    /// <summary>What it is unless told otherwise.</summary>
    public static ExchangeEndpoint Loopback { get; } = new("127.0.0.1", 0);

    /// <summary>From text; null where it is none.</summary>
    public static ExchangeEndpoint? TryParse(string text) =>
        HostPort.TryParse(text) is { } said ? new ExchangeEndpoint(said.Host, said.Port ?? 0) : null;

    /// <summary>Where to listen.</summary>
    /// <exception cref="UserErrorException">The name is not known.</exception>
    public async Task<IPAddress> ListenAsync()
    {
        if (IPAddress.TryParse(Host, out var address)) return address;
        try
        {
            return (await Dns.GetHostAddressesAsync(Host))[0];
        }
        catch (SocketException unknown)
        {
            throw new UserErrorException($"--exchange-listen {Host}: {unknown.Message}; give a name or address of this machine.");
        }
    }

    /// <summary>The name or address that others are told: where it listens on all of them, this machine's name.</summary>
    public string Advertised => IPAddress.TryParse(Host, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)) ? Dns.GetHostName() : Host;
}
