using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Distributed.Worker.Links;

namespace Distributed.Coordinator.Tests.Security;

/// <summary>A server that impersonates the coordinator with another certificate, up to the handshake.</summary>
internal sealed class Impostor : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;
    private readonly Task _serving;

    private Impostor(X509Certificate2 certificate)
    {
        _certificate = certificate;
        _listener.Start();
        _serving = ServeAsync();
    }

    public CoordinatorAddress Address => CoordinatorAddress.TryParse($"https://{_listener.LocalEndpoint}")!;

    public static Task<Impostor> StartAsync(X509Certificate2 certificate) => Task.FromResult(new Impostor(certificate));

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await using var tls = new SslStream(client.GetStream());
                try
                {
                    await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                    {
                        ServerCertificate = _certificate, ApplicationProtocols = [SslApplicationProtocol.Http2]
                    });
                }
                catch (Exception refused) when (refused is IOException or System.Security.Authentication.AuthenticationException)
                {
                    // expected: the worker refuses the certificate
                }
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }
}
