using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Links;

/// <summary>Listens for workers.</summary>
public sealed class ControlServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private ControlServer(WebApplication application) => _application = application;

    /// <summary>Listens from now on.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="attach">Takes the stream of each worker that is let in; called on any thread.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logging">Where to.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public static async Task<ControlServer> StartAsync(ControlOptions options, Action<IWorkerLink> attach, TimeProvider time, ILoggerFactory logging)
    {
        var errors = options.Validate().ToArray();
        if (errors.Length > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(logging);
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new ControlService(options, attach, time));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(options.SocketPath, listen => listen.Protocols = HttpProtocols.Http2));
        var application = builder.Build();
        application.MapGrpcService<ControlService>();
        await application.StartAsync().ConfigureAwait(false);
        return new ControlServer(application);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _application.DisposeAsync().ConfigureAwait(false);
}
