using System.Net;
using Distributed.Cli.Models;
using Distributed.Cli.Output;
using Distributed.Cli.Resources;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Security;
using Distributed.Tensors.MatrixProducts;
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

/// <summary>Runs a worker process from joining to leaving.</summary>
internal sealed class WorkerRun(CommandOutput streams)
{
    // Time for the role to end in a worker that another process started.
    private static readonly TimeSpan RoleEndTimeout = TimeSpan.FromSeconds(5);

    public async Task<int> RunAsync(WorkerJoin join)
    {
        if (join.Parent is { } parent && !ParentExit.KillThisProcessWithParent(parent))
            throw new UserErrorException($"--parent {parent}: the process has ended, or did not start this one.");
        OpenFiles.Require("worker join", OpenFiles.ForServing);
        NativeTorch.Require();
        using var leave = new CancellationTokenSource();
        // A parent process ends its workers: it receives the same signals from the terminal or the process group.
        using var interrupts = new Interrupts(leave.Cancel, endsAtOnce: join.Parent is null);
        TerminationSignals.Unblock();
        var early = join.Parent is null ? leave.Token : CancellationToken.None; // until the worker has joined
        var own = $"{Environment.MachineName}-{Environment.ProcessId}";
        TlsIdentity? tls = null;
        try
        {
            if (join.Coordinator.IsTls)
                tls = await join.Credentials.OpenAsync(join.Coordinator, join.Name, own, join.Exchange.Advertised, [PeerRole.Worker],
                    join.ConnectTimeout, early);
        }
        catch (CoordinatorException refused)
        {
            streams.Error.WriteLine(refused.Message);
            return ExitStatus.Failure;
        }

        var name = join.Name ?? (tls is null ? own : PeerSubject.Of(tls.Certificate).Name);
        using var logging = ErrorLog.Create();
        await using var renewal = tls is null
            ? null : join.Credentials.Renewal(tls, join.Coordinator, join.Exchange.Advertised, logging.CreateLogger<CertificateRenewal>());
        if (tls is not null && renewal is null) Warn(name, tls);
        using var texts = new WorkerTexts(streams.Error);
        await using var exchangeServer = await GrpcExchangeServer.StartAsync(await ServerOptionsAsync(join.Exchange, tls, renewal), early);
        using var host = Build(join, RendezvousFolder.Of(join.Rendezvous, logging.CreateLogger<WorkerRun>()), name, tls, renewal,
            exchangeServer, texts.Of, logging);
        using var leaving = leave.Token.Register(host.Services.GetRequiredService<WorkerHost>().Leave);
        await host.StartAsync();
        await host.WaitForShutdownAsync();
        var error = host.Services.GetServices<IHostedService>().OfType<WorkerService>().Single().Error;
        if (error is null) return ExitStatus.Ok;
        streams.Error.WriteLine(error.Message);
        streams.Error.Flush();
        if (error is TimeoutException) Interrupts.ExitImmediately(); // the role's thread is still running
        return ExitStatus.Failure;
    }

    // If the connection to the coordinator uses TLS, so does the exchange with other workers, with the same certificates.
    private static async Task<GrpcExchangeServerOptions> ServerOptionsAsync(
        ExchangeEndpoint exchange, TlsIdentity? tls, CertificateRenewal? renewal)
    {
        var options = new GrpcExchangeServerOptions
        {
            Listen = await exchange.ListenAsync(),
            Port = exchange.Port,
            AdvertisedHost = exchange.Advertised,
            Tls = tls is null ? null : new GrpcTls
            {
                Certificate = tls.Certificate, CurrentCertificate = renewal is null ? null : () => renewal.Current.Certificate,
                Authorities = tls.Authorities, Role = PeerRole.Worker
            },
        };
        if (tls is null && !IPAddress.IsLoopback(options.Listen))
        {
            throw new UserErrorException($"--exchange-listen {exchange.Host}: an address other than loopback requires certificates. "
                + "Join the coordinator at https://host:port, or omit --exchange-listen.");
        }

        if (tls is not null && !tls.Certificate.MatchesHostname(exchange.Advertised))
        {
            throw new UserErrorException($"--exchange-listen {exchange.Host}: the certificate of {tls.Certificate.Subject} does not cover "
                + $"{exchange.Advertised} and could not be renewed. Use a certificate for that host.");
        }

        return options;
    }

    private void Warn(string name, TlsIdentity tls)
    {
        if (TlsIdentity.ExpiresWithin(tls.Certificate, CertificateRenewal.RenewBefore, TimeProvider.System) is { } left)
        {
            var expiry = tls.Certificate.NotAfter.ToUniversalTime();
            streams.Error.WriteLine(
                Format.Invariant($"warning: the certificate of {name} expires on {expiry:u}, in {left.TotalDays:0.0} days; ")
                + "replace the file before that, and restart");
        }
    }

    private static IHost Build(WorkerJoin join, string? rendezvous, string name, TlsIdentity? tls, CertificateRenewal? renewal,
        GrpcExchangeServer exchangeServer, TextSource prepare, ILoggerFactory logging)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(logging);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(provider =>
        {
            var nccl = new NcclMachine(join.Nccl);
            var options = new WorkerOptions
            {
                Rendezvous = rendezvous, ExchangeAddress = exchangeServer.Address, Nccl = nccl, IsProcess = true
            };
            // A parent process has already chosen the precision of its job, so the worker does not measure.
            options = join.Parent is not null
                ? options with { EndTimeout = RoleEndTimeout, StaysWithCoordinator = true }
                : options with { Bf16Speedup = ProductSpeed.Bf16Speedup };
            var control = new CoordinatorLinkOptions
            {
                Address = join.Coordinator, Tls = tls, CurrentIdentity = renewal is null ? null : () => renewal.Current,
                BeatInterval = join.BeatInterval,
                ReconnectTimeout = join.ConnectTimeout
            };
            var link = new GrpcCoordinatorLink(control, TimeProvider.System, provider.GetRequiredService<ILogger<GrpcCoordinatorLink>>());
            var requested = new RequestedFaults(link);
            var faults = new FaultTools
            {
                Connection = link, RequestedFaults = requested, Logger = provider.GetRequiredService<ILogger<FaultInjector>>()
            };
            return new WorkerHost(
                new WorkerId(name, Guid.NewGuid().ToString("N")), link,
                () => new TrainerRole(new ProcessGroups(exchangeServer, new ExchangeOptions(), nccl).Join, prepare,
                    TimeProvider.System, faults),
                options, TimeProvider.System, provider.GetRequiredService<ILogger<WorkerHost>>(), requested);
        });
        builder.Services.AddHostedService<WorkerService>();
        return builder.Build();
    }

    // Prevents the host from handling signals: WorkerRun handles them.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
