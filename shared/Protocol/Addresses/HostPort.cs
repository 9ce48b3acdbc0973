using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Distributed.Protocol.Addresses;

/// <summary>
/// A host with an optional port. All options and settings with addresses are parsed here. An IPv6 address is in brackets, so that its
/// colons are not ambiguous; an IPv4 address has four decimal numbers; an IPv4 address mapped into IPv6 is converted to that IPv4 address.
/// </summary>
/// <param name="Host">The name or address, without brackets.</param>
/// <param name="Address">The parsed address; null if <paramref name="Host"/> is a name.</param>
/// <param name="Port">0 to 65535; null if the text has none.</param>
public sealed record HostPort(string Host, IPAddress? Address, int? Port)
{
    /// <summary>The forms with a port, for messages.</summary>
    public const string Forms = "a name or address and a port, such as localhost:5081, 10.0.0.5:5081 or [::1]:5081";

    /// <summary>The forms with or without a port, for messages.</summary>
    public const string FormsWithoutPort = "host or host:port, such as 10.0.0.5, localhost:5081, [::1] or [::1]:5081";

    private const int LongestPort = 5;

    /// <summary>Parses a text; null if it is not a host with an optional port.</summary>
    public static HostPort? TryParse(string text)
    {
        var bracket = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) : -1;
        var colon = text.IndexOf(':', Math.Max(bracket, 0));
        var (host, port) = colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
        int? number = null;
        if (port is not null)
        {
            if (port.Length > LongestPort || !port.All(char.IsAsciiDigit)) return null;
            if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed)) return null;
            number = parsed;
        }

        if (bracket >= 0)
            return host.EndsWith(']') && Version6(host[1..^1]) is { } bracketed ? new HostPort($"{bracketed}", bracketed, number) : null;
        if (Version4(host) is { } address) return new HostPort(host, address, number);
        return IsName(host) ? new HostPort(host, null, number) : null;
    }

    /// <summary>
    /// The address that the user may have meant by an invalid text, as the end of a message; empty if there is no suggestion.
    /// </summary>
    public static string Suggestion(string text)
    {
        var colon = text.LastIndexOf(':');
        var forms = new List<string>();
        if (colon > 0 && Version6(text[..colon]) is not null) forms.Add($"[{text[..colon]}]{text[colon..]}");
        if (Version6(text) is not null) forms.Add($"[{text}]");
        return forms.Count == 0 ? "" : $" An IPv6 address is written in brackets: {string.Join(" or ", forms)}.";
    }

    /// <summary>The text form, with brackets around an IPv6 address.</summary>
    public override string ToString()
    {
        var host = Address?.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Host}]" : Host;
        return Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"{host}:{port}") : host;
    }

    // Stricter than the platform: 127.1, 0x7f.1 and 010.0.0.1 are refused.
    private static IPAddress? Version4(string text)
    {
        var parts = text.Split('.');
        return parts.Length == 4 && Array.TrueForAll(parts, IsByte) ? IPAddress.Parse(text) : null;

        static bool IsByte(string part) =>
            part.Length is > 0 and <= 3 && (part.Length == 1 || part[0] != '0') && part.All(char.IsAsciiDigit)
            && byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _);
    }

    private static IPAddress? Version6(string text)
    {
        if (!text.Contains(':', StringComparison.Ordinal) || !text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.')) return null;
        if (!IPAddress.TryParse(text, out var address)) return null;
        if (text.Contains('.', StringComparison.Ordinal) && Version4(text[(text.LastIndexOf(':') + 1)..]) is null) return null;
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    // A name whose last part is a number is a malformed address.
    private static bool IsName(string text) =>
        Uri.CheckHostName(text) == UriHostNameType.Dns && text.All(char.IsAscii)
        && text.TrimEnd('.').Split('.')[^1] is { Length: > 0 } last
        && !last.All(char.IsAsciiDigit) && !last.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
}
