using System.Net;
using Distributed.Cli.Models;
using Distributed.Cli.Output;
using Distributed.Cli.Resources;
using Distributed.Data.Preparation;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Security;
using Distributed.Tensors.MatrixProducts;
using Distributed.Training.Jobs;
using Distributed.Transports;
using Distributed.Transports.Grpc;
using Distributed.Worker.Faults;
using Distributed.Worker.Hosting;
using Distributed.Worker.Links;
using Distributed.Worker.Processes;
using Distributed.Worker.Roles;
using Distributed.Worker.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Distributed.Cli.Workers;

/// <summary>A worker process, from joining to leaving.</summary>
internal sealed class WorkerRun(CommandOutput shell)
{
    // Started by another process, a worker is not waited for by anybody once that has gone.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<int> RunAsync(WorkerJoin join)
    {
        if (join.Parent is { } parent && !ParentDeath.EndsThisProcess(parent)) throw new UserErrorException($"process {parent}, which was to be joined, has ended");
        OpenFiles.Require("worker join", OpenFiles.ForServing);
        NativeTorch.Require();
        using var leave = new CancellationTokenSource();
        // A worker that another process started is ended by that one, which receives what a terminal or a group is sent.
        using var interrupts = new Interrupts(leave.Cancel, endsAtOnce: join.Parent is null);
        TerminationSignals.Deliver();
        var early = join.Parent is null ? leave.Token : CancellationToken.None; // before it has joined
        var own = $"{Environment.MachineName}-{Environment.ProcessId}";
        TlsIdentity? tls = null;
        try
        {
            if (join.Coordinator.IsTls) tls = await join.Credentials.OpenAsync(join.Coordinator, join.Name, own, join.Exchange.Advertised, [PeerRole.Worker], join.Patience, early);
        }
        catch (CoordinatorException refused)
        {
            shell.Error.WriteLine(refused.Message);
            return ExitStatus.Failure;
        }

        var name = join.Name ?? (tls is null ? own : PeerSubject.Of(tls.Certificate).Name);
        using var logging = ErrorLog.Create();
        await using var renewal = tls is null ? null : join.Credentials.Renewal(tls, join.Coordinator, join.Exchange.Advertised, logging.CreateLogger<CertificateRenewal>());
        if (tls is not null && renewal is null) Warn(name, tls);
        using var texts = new WorkerTexts(shell.Error);
        await using var node = await GrpcNode.StartAsync(await NodeAsync(join.Exchange, tls, renewal), early);
        using var host = Build(join, RendezvousFolder.Of(join.Rendezvous, logging.CreateLogger<WorkerRun>()), name, tls, renewal, node, texts.Of, logging);
        using var leaving = leave.Token.Register(host.Services.GetRequiredService<WorkerHost>().Leave);
        await host.StartAsync();
        await host.WaitForShutdownAsync();
        var error = host.Services.GetServices<IHostedService>().OfType<WorkerService>().Single().Error;
        if (error is null) return ExitStatus.Ok;
        shell.Error.WriteLine(error.Message);
        shell.Error.Flush();
        if (error is TimeoutException) Interrupts.ExitAtOnce(); // its thread is still at work
        return ExitStatus.Failure;
    }

    // Where the coordinator is called over TLS, so are the other workers, by the same certificates.
    private static async Task<GrpcNodeOptions> NodeAsync(ExchangeEndpoint exchange, TlsIdentity? tls, CertificateRenewal? renewal)
    {
        var options = new GrpcNodeOptions
        {
            Listen = await exchange.ListenAsync(),
            Port = exchange.Port,
            AdvertisedHost = exchange.Advertised,
            Tls = tls is null ? null : new GrpcTls { Certificate = tls.Certificate, Renewed = renewal is null ? null : () => renewal.Current.Certificate, Authorities = tls.Authorities, Role = PeerRole.Worker },
        };
        if (tls is null && !IPAddress.IsLoopback(options.Listen))
            throw new UserErrorException($"--exchange-listen {exchange.Host} is an address that others can reach, and is served only with certificates: join the coordinator at https://host:port, or leave it out.");
        if (tls is not null && !tls.Certificate.MatchesHostname(exchange.Advertised))
            throw new UserErrorException($"the certificate of {tls.Certificate.Subject} is not for {exchange.Advertised}, where --exchange-listen serves, and could not be renewed for it: have one issued for that host.");
        return options;
    }

    private void Warn(string name, TlsIdentity tls)
    {
        if (TlsIdentity.ExpiresWithin(tls.Certificate, CertificateRenewal.Early, TimeProvider.System) is { } left)
            shell.Error.WriteLine(Format.Invariant($"warning: the certificate of {name} expires on {tls.Certificate.NotAfter.ToUniversalTime():u}, in {left.TotalDays:0.0} days; replace its file before that, and restart"));
    }

    private static IHost Build(WorkerJoin join, string? rendezvous, string name, TlsIdentity? tls, CertificateRenewal? renewal, GrpcNode node, TextSource prepare, ILoggerFactory logging)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(logging);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(provider =>
        {
            var nccl = new NcclMachine(join.Nccl);
            var options = new WorkerOptions { Rendezvous = rendezvous, ExchangeAddress = node.Address, Nccl = nccl, IsProcess = true };
            // A parent process has settled the precision of its job: a worker that it starts need not measure.
            options = join.Parent is not null ? options with { EndTimeout = Patience, StaysWithCoordinator = true } : options with { Bf16Speedup = ProductSpeed.Bf16Speedup };
            var control = new CoordinatorLinkOptions { Address = join.Coordinator, Tls = tls, Renewed = renewal is null ? null : () => renewal.Current, Beat = join.Beat, Patience = join.Patience };
            var link = new GrpcCoordinatorLink(control, TimeProvider.System, provider.GetRequiredService<ILogger<GrpcCoordinatorLink>>());
            var calls = new FaultCalls(link);
            var faults = new FaultTools { Connection = link, Calls = calls, Logger = provider.GetRequiredService<ILogger<FaultInjector>>() };
            return new WorkerHost(
                new WorkerId(name, Guid.NewGuid().ToString("N")), link,
                () => new TrainerRole(new ProcessGroups(node, new ExchangeOptions(), nccl).Join, prepare, TimeProvider.System, faults), options, TimeProvider.System, provider.GetRequiredService<ILogger<WorkerHost>>(), calls);
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
