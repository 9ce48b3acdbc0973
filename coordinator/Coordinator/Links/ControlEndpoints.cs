using System.Net;
using Distributed.Coordinator.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Distributed.Coordinator.Links;

/// <summary>Configures the endpoints of the coordinator: HTTP/2 over a unix socket, over TCP and over TLS.</summary>
internal static class ControlEndpoints
{
    private static readonly TimeSpan ShortestPing = TimeSpan.FromSeconds(1); // the shortest that Kestrel allows

    public static void Configure(KestrelServerOptions kestrel, ControlOptions options)
    {
        kestrel.AddServerHeader = false;
        // Closes a connection whose peer has vanished after a lease, when its worker counts as lost.
        kestrel.Limits.Http2.KeepAlivePingDelay = ShortestPing;
        kestrel.Limits.Http2.KeepAlivePingTimeout = options.Lease > ShortestPing ? options.Lease : ShortestPing;
        if (options.SocketPath is { } socket) kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2);
        if (options.Listen is not { } endpoint) return;
        kestrel.Listen(endpoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (options.Tls is { } tls) listen.UseHttps(https => Configure(https, tls));
        });
    }

    public static IPEndPoint? ListeningOf(WebApplication application, ControlOptions options)
    {
        if (options.Listen is null) return null;
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return new IPEndPoint(options.Listen.Address, addresses.Select(BindingAddress.Parse).First(address => !address.IsUnixPipe).Port);
    }

    private static void Configure(HttpsConnectionAdapterOptions https, ControlTls tls)
    {
        https.ServerCertificateSelector = (_, _) => tls.Own.Certificate; // per connection, because the certificate may have been renewed
        // A joining worker has no certificate yet. PeerGuard checks the certificates of the others on each call.
        https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
        https.ClientCertificateValidation = (_, _, _) => true;
    }
}
