using System.Net;
using Distributed.Protocol.Addresses;

namespace Distributed.Worker.Links;

/// <summary>
/// Address of a coordinator: <c>unix:/path/of/a/socket</c>, <c>http://127.0.0.1:port</c> on this machine's loopback interface, or
/// <c>https://host:port</c>.
/// </summary>
public sealed record CoordinatorAddress
{
    /// <summary>The valid forms, for messages.</summary>
    public const string Forms = "unix: and the path of a socket, https://host:port, or http://127.0.0.1:port on this machine";

    private const string Unix = "unix:";

    /// <summary>Creates the address of a Unix socket on this machine.</summary>
    public CoordinatorAddress(string socketPath) => SocketPath = socketPath;

    private CoordinatorAddress(Uri endpoint) => Endpoint = endpoint;

    /// <summary>Path of the socket; null for TCP.</summary>
    public string? SocketPath { get; }

    /// <summary>Scheme, host and port; null for a Unix socket.</summary>
    public Uri? Endpoint { get; }

    /// <summary>Whether both sides present certificates.</summary>
    public bool IsTls => Endpoint?.Scheme == Uri.UriSchemeHttps;

    /// <summary>Parses an address; returns null if the text is not one.</summary>
    public static CoordinatorAddress? TryParse(string text)
    {
        if (text.StartsWith(Unix, StringComparison.Ordinal))
            return text.Length > Unix.Length ? new CoordinatorAddress(text[Unix.Length..]) : null;
        return WebAddress.TryParse(text) is { } uri && (uri.Scheme == Uri.UriSchemeHttps || IsLoopback(uri))
            ? new CoordinatorAddress(uri) : null;
    }

    /// <inheritdoc/>
    public override string ToString() => Endpoint is { } uri ? $"{uri.Scheme}://{uri.Authority}" : Unix + SocketPath;

    private static bool IsLoopback(Uri uri) =>
        uri.IsLoopback || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
