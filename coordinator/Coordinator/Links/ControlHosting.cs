using Distributed.Coordinator.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Links;

/// <summary>Registers the services for workers in a server. The host decides what receives their links.</summary>
internal static class ControlHosting
{
    /// <summary>Adds the services.</summary>
    /// <param name="services">Services of the host, with logging and a <see cref="TimeProvider"/>.</param>
    /// <param name="options">Settings.</param>
    /// <param name="attach">Receives the link of each worker that is admitted; called on any thread.</param>
    public static IServiceCollection AddControl(
        this IServiceCollection services, ControlOptions options, Func<IServiceProvider, Action<IWorkerLink>> attach) => services
        .AddSingleton(provider => new LinkRegistry(options, provider.GetRequiredService<TimeProvider>()))
        .AddSingleton(provider => new PeerCheck(options.Tls, provider.GetRequiredService<TimeProvider>(), Logger(provider)))
        .AddSingleton(provider => new PeerGuard(provider.GetRequiredService<PeerCheck>(), Logger(provider)))
        .AddSingleton(provider => new ControlService(options, provider.GetRequiredService<LinkRegistry>(), attach(provider),
            provider.GetRequiredService<TimeProvider>(), Logger(provider)))
        .AddSingleton(provider => new EnrolmentService(options.Tls?.Enrolment, Logger(provider)));

    /// <summary>Maps the routes of the services.</summary>
    public static void MapControl(this IEndpointRouteBuilder routes, ControlOptions options)
    {
        routes.MapGrpcService<ControlService>();
        if (options.Tls is not null) routes.MapGrpcService<EnrolmentService>();
    }

    private static ILogger Logger(IServiceProvider provider) =>
        provider.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ControlServer).FullName!);
}
