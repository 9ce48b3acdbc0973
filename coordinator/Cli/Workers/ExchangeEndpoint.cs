using System.Net;
using System.Net.Sockets;
using Distributed.Protocol.Addresses;

namespace Distributed.Cli.Workers;

/// <summary>The endpoint where a worker serves the exchange: <c>host[:port]</c>.</summary>
/// <param name="Host">A name or address of this machine at which other workers reach it.</param>
/// <param name="Port">The port; 0 selects a free port.</param>
internal sealed record ExchangeEndpoint(string Host, int Port)
{
    /// <summary>The default: a free port of 127.0.0.1.</summary>
    public static ExchangeEndpoint Loopback { get; } = new("127.0.0.1", 0);

    /// <summary>Parses <c>host[:port]</c>; null if the text is invalid.</summary>
    public static ExchangeEndpoint? TryParse(string text) =>
        HostPort.TryParse(text) is { } address ? new ExchangeEndpoint(address.Host, address.Port ?? 0) : null;

    /// <summary>Resolves the address to listen on.</summary>
    /// <exception cref="UserErrorException">The name cannot be resolved.</exception>
    public async Task<IPAddress> ListenAsync()
    {
        if (IPAddress.TryParse(Host, out var address)) return address;
        try
        {
            return (await Dns.GetHostAddressesAsync(Host))[0];
        }
        catch (SocketException unknown)
        {
            throw new UserErrorException($"--exchange-listen {Host}: {unknown.Message}. Give a name or address of this machine.");
        }
    }

    /// <summary>The name or address that other workers connect to; the machine's name if the endpoint listens on all addresses.</summary>
    public string Advertised =>
        IPAddress.TryParse(Host, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            ? Dns.GetHostName() : Host;
}
