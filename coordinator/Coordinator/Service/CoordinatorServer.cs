using System.Net.Sockets;
using Distributed.Coordinator.Api;
using Distributed.Coordinator.Links;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Security;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Service.Operations;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Service.Registry;
using Distributed.Coordinator.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service;

/// <summary>
/// A coordinator that runs as a long-lived service. Its start has three phases: (1) it locks its state folder, (2) it restores its jobs,
/// and continues those whose workers may still be running, (3) it listens for workers on a socket and for API clients on a loopback
/// address, and starts jobs when workers join. It ends in one of two ways: <see cref="HandOverAsync"/> leaves the running jobs to the next
/// coordinator, <see cref="CloseAsync"/> stops them.
/// </summary>
public sealed class CoordinatorServer : IAsyncDisposable
{
    private static readonly TimeSpan LinkStopTimeout = TimeSpan.FromSeconds(6);

    private readonly StateFolder _folder;
    private readonly WebApplication _application;
    private readonly TimeSpan _handOverTimeout;

    private CoordinatorServer(StateFolder folder, WebApplication application, string socket, TimeSpan handOverTimeout) =>
        (_folder, _application, Socket, _handOverTimeout) = (folder, application, socket, handOverTimeout);

    /// <summary>Address of the JSON API, such as <c>http://127.0.0.1:5080</c>.</summary>
    public Uri Api =>
        new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Last(address => !address.Contains("unix:", StringComparison.Ordinal)));

    /// <summary>Address where workers of other machines join, such as <c>https://10.0.0.5:5081</c>; null if they cannot.</summary>
    public Uri? Workers { get; private init; }

    /// <summary>Path of the socket.</summary>
    public string Socket { get; }

    /// <summary>Path of the state folder.</summary>
    public string State => _folder.Path;

    /// <summary>Starts a coordinator and returns when it serves.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="reader">Parses and validates jobs.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logging">Creates the loggers.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message lists every error.</exception>
    /// <exception cref="StateException">The state cannot be used.</exception>
    /// <exception cref="IOException">An address cannot be bound.</exception>
    public static Task<CoordinatorServer> StartAsync(
        ServiceOptions options, IJobReader reader, TimeProvider time, ILoggerFactory logging) =>
        StartAsync(options, reader, time, logging, path => new StateStore(path));

    /// <summary>Starts a coordinator with another store.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="reader">Parses and validates jobs.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logging">Creates the loggers.</param>
    /// <param name="open">Opens the store of a file; the coordinator disposes it.</param>
    internal static async Task<CoordinatorServer> StartAsync(
        ServiceOptions options, IJobReader reader, TimeProvider time, ILoggerFactory logging, Func<string, IStateStore> open)
    {
        if (options.Validate().ToArray() is { Length: > 0 } errors) throw new ArgumentException(string.Join('\n', errors));
        var folder = StateFolder.Lock(options.State); // (1)
        try
        {
            folder.RequireWhole();
            if (options.NewMetrics) folder.MoveMetricsAside();
            var socket = SocketFile.Free(options.SocketPath);
            var application = Build(options, folder, socket, reader, time, logging, open);
            try
            {
                application.Services.GetRequiredService<JobRegistry>().Start(); // (2)
                await ListenAsync(application, options, socket).ConfigureAwait(false); // (3)
                SocketFile.Protect(socket);
                return new CoordinatorServer(folder, application, socket, options.HandOverTimeout)
                {
                    Workers = WorkersOf(application, options),
                };
            }
            catch
            {
                await application.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Requests that every running job saves and stops, waits for the jobs, and ends. The jobs resume at the next start.
    /// </summary>
    public async Task CloseAsync()
    {
        await _application.Services.GetRequiredService<JobRegistry>().CloseAsync("the coordinator is shutting down").ConfigureAwait(false);
        await _application.Services.GetRequiredService<WorkerPool>().DisposeAsync().ConfigureAwait(false);
        await _application.Services.GetRequiredService<LinkRegistry>().StopAsync(LinkStopTimeout).ConfigureAwait(false);
        await _application.StopAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Lets every running job publish a checkpoint, and ends without stopping the jobs: their workers continue, and join the next
    /// coordinator. Waits for workers that are shutting down as well until they have saved.
    /// </summary>
    /// <returns>For each running job, the reason why it has no new checkpoint; null if it has one.</returns>
    public async Task<IReadOnlyList<(JobView Job, string? Problem)>> HandOverAsync()
    {
        var jobs = await _application.Services.GetRequiredService<JobRegistry>().HandOverAsync(_handOverTimeout).ConfigureAwait(false);
        await _application.Services.GetRequiredService<LinkRegistry>().StopAsync(LinkStopTimeout).ConfigureAwait(false);
        await _application.StopAsync().ConfigureAwait(false);
        return jobs;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync().ConfigureAwait(false); // disposes its services in reverse order of creation
        File.Delete(Socket);
        _folder.Dispose();
    }

    private static Uri? WorkersOf(WebApplication application, ServiceOptions options) =>
        options.Workers is null ? null : new UriBuilder(options.Tls is null ? "http" : "https", options.Workers.Address.ToString(),
            ControlEndpoints.ListeningOf(application, options.Control(""))!.Port).Uri;

    private static async Task ListenAsync(WebApplication application, ServiceOptions options, string socket)
    {
        try
        {
            await application.StartAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            var (places, names) = options.Workers is { } workers
                ? ($"{options.Listen}, {workers} and {socket}", "--listen, --workers and --socket")
                : ($"{options.Listen} and {socket}", "--listen and --socket");
            var fix = error.InnerException is AddressInUseException ? "Stop the process that listens there, or choose" : "Choose";
            throw new IOException(
                $"The coordinator cannot listen on {places}: {error.Message.TrimEnd('.')}. "
                + $"{fix} other addresses of this machine with {names}.", error);
        }
    }

    private static WebApplication Build(ServiceOptions options, StateFolder folder, string socket, IJobReader reader, TimeProvider time,
        ILoggerFactory logging, Func<string, IStateStore> open)
    {
        // Reads no configuration files or environment variables.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(logging);
        builder.Services.AddLogging();
        builder.Services.AddRouting();
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(reader);
        builder.Services.AddSingleton(_ => open(folder.StateFile));
        builder.Services.AddSingleton(services =>
        {
            if (!options.NewMetrics) folder.RequireMetrics(services.GetRequiredService<IStateStore>().Jobs().Any(job => job.Step > 0));
            return new MetricsHistory(folder.MetricsFile, options.Metrics);
        });
        builder.Services.AddSingleton(services => new WorkerPool(options.Pool, time, services.GetRequiredService<ILogger<WorkerPool>>()));
        builder.Services.AddSingleton<IJobFactory>(
            services => new CoordinatedJobs(options.Jobs, options.Exchange, services.GetRequiredService<IStateStore>(),
                reader.Checkpoints, time, logging));
        builder.Services.AddSingleton<JobRegistry>();
        builder.Services.AddSingleton<CoordinatorOperations>();
        var control = options.Control(socket);
        builder.Services.AddControl(control, services => services.GetRequiredService<WorkerPool>().Add);
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true); // RequestGuard turns it into a problem
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = 4 * Submission.MostBytes;
            grpc.Interceptors.Add<PeerGuard>();
        });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            ControlEndpoints.Configure(kestrel, control);
            kestrel.Listen(options.Listen, listen => listen.Protocols = HttpProtocols.Http1);
        });
        ConnectionBounds.Apply(builder.Services, options.Listen);
        var application = builder.Build();
        application.UseWhen(RequestGuard.AppliesTo, api => api.UseMiddleware<RequestGuard>());
        application.UseRouting();
        application.MapControl(control);
        application.MapGrpcService<JobsService>();
        application.MapApi();
        return application;
    }
}
