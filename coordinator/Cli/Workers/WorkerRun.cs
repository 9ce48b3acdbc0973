using Distributed.Cli.Models;
using Distributed.Data.Preparation;
using Distributed.Protocol.Identities;
using Distributed.Transports;
using Distributed.Transports.Grpc;
using Distributed.Worker.Faults;
using Distributed.Worker.Hosting;
using Distributed.Worker.Links;
using Distributed.Worker.Processes;
using Distributed.Worker.Roles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Distributed.Cli.Workers;

/// <summary>What <c>worker join</c> was told.</summary>
internal sealed record WorkerJoin(CoordinatorAddress Coordinator, string Name, string? Meeting, int? Parent, TimeSpan Beat);

/// <summary>A worker process, from joining to leaving.</summary>
internal sealed class WorkerRun(Shell shell)
{
    // Started by another process, a worker is not waited for by anybody once that has gone.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<int> RunAsync(WorkerJoin join)
    {
        if (join.Parent is { } parent && !ParentDeath.EndsThisProcess(parent)) throw new UserErrorException($"process {parent}, which was to be joined, has ended");
        NativeTorch.Require();
        using var interrupts = new LeavingInterrupts(ignoreInterrupt: join.Parent is not null);
        PreparedData? data = null;
        await using var node = await GrpcNode.StartAsync(); // on the loopback interface
        using var host = Build(join, node, assignment => data ??= DataPreparation.Prepare(assignment.Job.Data.ToOptions()));
        await host.StartAsync();
        await host.WaitForShutdownAsync(interrupts.Token);
        data?.Dispose();
        var error = host.Services.GetServices<IHostedService>().OfType<WorkerService>().Single().Error;
        if (error is null) return ExitStatus.Ok;
        shell.Error.WriteLine(error.Message);
        shell.Error.Flush();
        if (error is TimeoutException) Interrupts.ExitAtOnce(); // its thread is still at work
        return ExitStatus.Failure;
    }

    private static IHost Build(WorkerJoin join, GrpcNode node, Func<RoleAssignment, PreparedData> prepare)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "yyyy-MM-ddTHH:mm:ss.fff "));
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(provider =>
        {
            var options = new WorkerOptions { Meeting = join.Meeting, ExchangeAddress = node.Address };
            if (join.Parent is not null) options = options with { EndTimeout = Patience };
            ICoordinatorLink link = new GrpcCoordinatorLink(join.Coordinator, join.Beat, TimeProvider.System);
            var faults = new FaultTools { Connection = link as IConnectionFaults, Logger = provider.GetRequiredService<ILogger<FaultInjector>>() };
            return new WorkerHost(
                new WorkerId(join.Name, Guid.NewGuid().ToString("N")), link,
                () => new TrainerRole(new ProcessGroups(node, new ExchangeOptions()).Join, prepare, TimeProvider.System, faults), options, TimeProvider.System, provider.GetRequiredService<ILogger<WorkerHost>>());
        });
        builder.Services.AddHostedService<WorkerService>();
        return builder.Build();
    }

    // Signals are this class's business.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
