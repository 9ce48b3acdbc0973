using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Links;

/// <summary>Listens for workers.</summary>
public sealed class ControlServer : IAsyncDisposable
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly WebApplication _application;
    private readonly LinkRegistry _links;

    private ControlServer(WebApplication application, LinkRegistry links) => (_application, _links) = (application, links);

    /// <summary>Listens from now on.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="attach">Takes the link of each worker that is let in; called on any thread.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logging">Where to.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public static async Task<ControlServer> StartAsync(ControlOptions options, Action<IWorkerLink> attach, TimeProvider time, ILoggerFactory logging)
    {
        var errors = options.Validate().ToArray();
        if (errors.Length > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        var links = new LinkRegistry(options, time);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(logging);
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new ControlService(options, links, attach, time, logging.CreateLogger(typeof(ControlServer).FullName!)));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(options.SocketPath, listen => listen.Protocols = HttpProtocols.Http2));
        var application = builder.Build();
        application.MapGrpcService<ControlService>();
        SocketFile.RemoveAbandoned(options.SocketPath);
        await application.StartAsync().ConfigureAwait(false);
        return new ControlServer(application, links);
    }

    /// <summary>Ends the links, whose workers may come back to another server, and listens no more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _links.StopAsync(Farewell).ConfigureAwait(false);
        using var patience = new CancellationTokenSource(Farewell);
        await _application.StopAsync(patience.Token).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }
}
