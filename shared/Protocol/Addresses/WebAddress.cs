namespace Distributed.Protocol.Addresses;

/// <summary>Parses addresses of the form <c>http://host:port</c> or <c>https://host:port</c>, without a path.</summary>
public static class WebAddress
{
    private static readonly string[] Schemes = [Uri.UriSchemeHttp, Uri.UriSchemeHttps];

    /// <summary>Parses a text; null if it has another form. Without a port, the address has the scheme's default port.</summary>
    public static Uri? TryParse(string text)
    {
        foreach (var scheme in Schemes)
        {
            var start = $"{scheme}://";
            if (!text.StartsWith(start, StringComparison.OrdinalIgnoreCase)) continue;
            var rest = text[start.Length..];
            var host = HostPort.TryParse(rest.EndsWith('/') ? rest[..^1] : rest);
            return host is { Port: not 0 } && Uri.TryCreate(start + host, UriKind.Absolute, out var address) ? address : null;
        }

        return null;
    }

    /// <summary>As <see cref="HostPort.Suggestion"/>, for an address with a scheme.</summary>
    public static string Suggestion(string text)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        return HostPort.Suggestion(scheme < 0 ? text : text[(scheme + 3)..].TrimEnd('/'));
    }
}
