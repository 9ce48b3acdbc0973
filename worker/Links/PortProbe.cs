using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Distributed.Worker.Links;

/// <summary>
/// Tests whether a port speaks TLS, for the message after a failed connection: the errors of a TLS handshake with a plain port, and of a
/// plain request to a TLS port, describe bytes and not the cause.
/// </summary>
public static class PortProbe
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2); // for each of two connections

    private static readonly byte[] Request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray();

    /// <summary>
    /// Returns why the scheme of an address does not fit the port, with the fix; null if it fits, or if the port does not answer.
    /// </summary>
    /// <param name="address">An address with the scheme <c>http</c> or <c>https</c>.</param>
    /// <param name="cancellation">Cancels the test.</param>
    public static async Task<string?> MismatchAsync(Uri address, CancellationToken cancellation = default)
    {
        var place = $"{address.Host}:{address.Port}";
        if (address.Scheme == Uri.UriSchemeHttps)
        {
            return await TryAsync(address, SpeaksPlainHttpAsync, cancellation).ConfigureAwait(false)
                ? $"the port speaks plain HTTP, without TLS. Use http://{place} on the coordinator's machine, "
                    + "or https:// with the port of serve --workers"
                : null;
        }

        return await TryAsync(address, SpeaksTlsAsync, cancellation).ConfigureAwait(false)
            ? $"the port speaks TLS. Use https://{place}, with a certificate (--identity, and --token for the first time)"
            : null;
    }

    private static async Task<bool> TryAsync(
        Uri address, Func<NetworkStream, CancellationToken, Task<bool>> speaks, CancellationToken cancellation)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bound.CancelAfter(ConnectTimeout);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.DnsSafeHost, address.Port, bound.Token).ConfigureAwait(false);
            return await speaks(client.GetStream(), bound.Token).ConfigureAwait(false);
        }
        catch (Exception unknown) when (unknown is IOException or SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    // A server that supports HTTP/2 only also answers an HTTP/1.1 request with a status line.
    private static async Task<bool> SpeaksPlainHttpAsync(NetworkStream stream, CancellationToken cancellation)
    {
        await stream.WriteAsync(Request, cancellation).ConfigureAwait(false);
        var start = new byte[5];
        var read = await stream.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        return read == start.Length && start.AsSpan().SequenceEqual("HTTP/"u8);
    }

    // Nothing is sent over the connection, so its certificate need not be trusted.
    private static async Task<bool> SpeaksTlsAsync(NetworkStream stream, CancellationToken cancellation)
    {
        var answered = false;
        await using var tls = new SslStream(stream);
        try
        {
            var anyCertificate = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, _, _, _) => answered = true
            };
            await tls.AuthenticateAsClientAsync(anyCertificate, cancellation).ConfigureAwait(false);
        }
        catch (AuthenticationException)
        {
            // The server may answer and then require a client certificate.
        }

        return answered;
    }
}
