using System.Net;
using Distributed.Transports.Grpc.Frames;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Distributed.Transports.Grpc.Server;

/// <summary>The web server of a rank. It serves HTTP/2 only and reads no configuration from files or the environment.</summary>
internal static class ExchangeWebServer
{
    private const int ConnectionWindow = 32 << 20, StreamWindow = 16 << 20, FrameBytes = 1 << 20;
    private const long BufferedBytes = 1 << 20; // of one stream, before the connection takes them

    public static async Task<WebApplication> StartAsync(
        GrpcExchangeServerOptions options, GroupRegistry registry, Refusals refusals, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, options));
        builder.Services.AddSingleton(options.Logging);
        builder.Services.AddLogging();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(registry);
        builder.Services.AddSingleton(refusals);
        builder.Services.AddSingleton<DataExchangeService>();
        builder.Services.AddSingleton<IServiceMethodProvider<DataExchangeService>, DataExchangeMethodProvider>();
        builder.Services.AddGrpc(
            grpc => (grpc.MaxReceiveMessageSize, grpc.MaxSendMessageSize) = (WireLimits.MaxMessageBytes, WireLimits.MaxFrameBytes));
        var app = builder.Build();
        app.Use(RefusedCalls.Count);
        if (options.Tls is { } tls) app.Use(new PeerCertificates(tls, options.TimeProvider, refusals).Check);
        app.MapGrpcService<DataExchangeService>();
        try
        {
            await app.StartAsync(cancellation);
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public static int PortOf(WebApplication app)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
        return BindingAddress.Parse(addresses!.Addresses.First()).Port;
    }

    private static void Configure(KestrelServerOptions kestrel, GrpcExchangeServerOptions options)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = null; // a stream has no size limit; messages have their own
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null; // a rank that computes does not read for a while
        limits.MaxResponseBufferSize = BufferedBytes;
        limits.Http2.InitialConnectionWindowSize = ConnectionWindow;
        limits.Http2.InitialStreamWindowSize = StreamWindow;
        limits.Http2.MaxFrameSize = FrameBytes;
        kestrel.Listen(new IPEndPoint(options.Listen, options.Port), listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (options.Tls is { } tls) listen.UseHttps(https => Configure(https, tls));
        });
    }

    private static void Configure(HttpsConnectionAdapterOptions https, GrpcTls tls)
    {
        if (tls.CurrentCertificate is null) https.ServerCertificate = tls.Certificate;
        else https.ServerCertificateSelector = (_, _) => tls.Own;
        https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
        https.ClientCertificateValidation = (_, _, _) => true; // PeerCertificates checks it for each call
    }

    // Signals are handled by the process, not by this server.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
