using System.Net;
using Distributed.Coordinator.Security;
using Distributed.Protocol.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Links;

/// <summary>Server that listens for workers.</summary>
public sealed partial class ControlServer : IAsyncDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(6);

    private readonly WebApplication _application;
    private readonly LinkRegistry _links;

    private ControlServer(WebApplication application, LinkRegistry links, IPEndPoint? listening) =>
        (_application, _links, Listening) = (application, links, listening);

    /// <summary>The actual address and port; null if the server listens only on a unix socket.</summary>
    public IPEndPoint? Listening { get; }

    /// <summary>Starts a server.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="attach">Receives the link of each worker that is admitted; called on any thread.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logging">Creates the loggers.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the server would serve other hosts without TLS.</exception>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public static async Task<ControlServer> StartAsync(
        ControlOptions options, Action<IWorkerLink> attach, TimeProvider time, ILoggerFactory logging)
    {
        var errors = options.Validate(time).ToArray();
        if (errors.Length > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        var logger = logging.CreateLogger(typeof(ControlServer).FullName!);
        if (options.Tls is { Identity.Certificate: var own } tls && TlsIdentity.ExpiresWithin(own, tls.ExpiryWarning, time) is { } left)
            LogExpiry(logger, own.Subject, own.NotAfter.ToUniversalTime(), Math.Round(left.TotalDays, 1));
        // An empty builder reads no configuration from files or the environment.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logging);
        builder.Services.AddLogging();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddGrpc(grpc => grpc.Interceptors.Add<PeerGuard>());
        builder.Services.AddSingleton(time);
        builder.Services.AddControl(options, _ => attach);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => ControlEndpoints.Configure(kestrel, options));
        ConnectionBounds.Apply(builder.Services);
        var application = builder.Build();
        application.MapControl(options);
        if (options.SocketPath is { } socket) SocketFile.Free(socket);
        try
        {
            await application.StartAsync().ConfigureAwait(false);
            if (options.SocketPath is { } bound) SocketFile.Protect(bound);
            return new ControlServer(application, application.Services.GetRequiredService<LinkRegistry>(),
                ControlEndpoints.ListeningOf(application, options));
        }
        catch
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends the links and stops listening. The workers may reconnect to another server.</summary>
    public async ValueTask DisposeAsync()
    {
        await _links.StopAsync(CloseTimeout).ConfigureAwait(false);
        using var patience = new CancellationTokenSource(CloseTimeout);
        await _application.StopAsync(patience.Token).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The coordinator's certificate {Subject} expires on {Until:u}, in {Days} days; no worker can join after that")]
    private static partial void LogExpiry(ILogger logger, string subject, DateTime until, double days);
}
