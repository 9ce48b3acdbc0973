using System.Text.Json.Nodes;
using Distributed.Cli.Output;
using Distributed.Cli.Resources;
using Distributed.Coordinator.Security;
using Distributed.Coordinator.Service;
using Distributed.Coordinator.Storage;
using Distributed.Protocol.Sockets;
using Microsoft.Extensions.Logging;

namespace Distributed.Cli.Service;

/// <summary>
/// One run of <c>serve</c>. The first signal hands over or stops the running jobs; a second one ends the process immediately.
/// </summary>
/// <param name="streams">Receives the output.</param>
/// <param name="json">Whether the output is JSON.</param>
/// <param name="onExit">How running jobs are treated at the end.</param>
internal sealed class ServiceRun(CommandOutput streams, bool json, OnExit onExit)
{
    public async Task<int> RunAsync(ServiceOptions options, WorkersEndpoint? workers, ServiceCertificates? certificates)
    {
        RequireSocket(options);
        OpenFiles.Require("serve", OpenFiles.ForServing);
        using var logging = ErrorLog.Create(
            builder => builder.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning)
                .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None));
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupts = new Interrupts(() => asked.TrySetResult()); // does not use streams.Stop: a closed output does not end serve
        await using var server = await StartAsync(options, workers, certificates, logging);
        Announce(server);
        await asked.Task;
        await (onExit == OnExit.Stop ? StopAsync(server) : HandOverAsync(server));
        if (json) new JsonLines(streams.Output).Write("summary", new JsonObject { ["state"] = server.State, ["exit"] = ExitStatus.Ok });
        return ExitStatus.Ok;
    }

    private async Task StopAsync(CoordinatorServer server)
    {
        ShowMessage("shutting down: jobs save and stop, and resume at the next start; interrupt again to exit immediately");
        await server.CloseAsync();
    }

    private async Task HandOverAsync(CoordinatorServer server)
    {
        ShowMessage("handing over: jobs save, and their workers continue until the next start; interrupt again to exit immediately");
        foreach (var (job, problem) in await server.HandOverAsync())
        {
            ShowMessage(problem is null
                ? $"{job.Id}: {job.State.ToString().ToLowerInvariant()}, saved up to step {job.Stored.CheckpointStep}"
                : $"warning: {job.Id} has no new checkpoint: {problem}");
        }
    }

    private void ShowMessage(string message)
    {
        try
        {
            streams.Error.WriteLine(message);
        }
        catch (IOException)
        {
            // After SIGHUP, the terminal may be closed.
        }
    }

    private static async Task<CoordinatorServer> StartAsync(
        ServiceOptions options, WorkersEndpoint? workers, ServiceCertificates? certificates, ILoggerFactory logging)
    {
        try
        {
            if (workers is not null)
                options = options with { Workers = await workers.ListenAsync(),
                    Tls = certificates?.Open() ?? OfOwnAuthority(options, workers) };

            return await CoordinatorServer.StartAsync(options, new TrainingJobReader(), TimeProvider.System, logging);
        }
        catch (Exception error) when (error is ArgumentException or StateException or IOException)
        {
            throw new UserErrorException(error.Message);
        }
    }

    // Checked before any file is created.
    private static void RequireSocket(ServiceOptions options)
    {
        if (UnixSocketPath.Problem(options.SocketPath) is not { } problem) return;
        throw new UserErrorException(options.Socket is null
            ? $"--state {options.State}: its socket {options.SocketPath} {problem}. "
                + "Choose a folder with a shorter path, or a shorter path for the socket with --socket."
            : $"--socket {options.Socket}: {options.SocketPath} {problem}. Choose a shorter path.");
    }

    private static ControlTls OfOwnAuthority(ServiceOptions options, WorkersEndpoint workers) =>
        ControlTls.Of(EnrolmentIssuer.Open(new CertificateAuthorityOptions { StateFolder = options.State, HostNames = [workers.Host] },
            TimeProvider.System));

    private void Announce(CoordinatorServer server)
    {
        var api = server.Api.ToString().TrimEnd('/');
        if (json)
        {
            new JsonLines(streams.Output).Write("serving",
                new JsonObject
                {
                    ["api"] = api, ["workers"] = $"unix:{server.Socket}", ["workers_tls"] = server.Workers?.ToString(),
                    ["state"] = server.State, ["process"] = Environment.ProcessId
                });
            return;
        }

        streams.Output.WriteLine($"serving at {api}, state in {server.State}");
        streams.Output.WriteLine($"join a worker:     {CommandLine.Invocation} worker join --coordinator unix:{server.Socket}");
        if (server.Workers?.ToString().TrimEnd('/') is { } remote)
        {
            streams.Output.WriteLine(
                $"from other hosts:  {CommandLine.Invocation} worker join --coordinator {remote} --identity FOLDER --token TOKEN");
            streams.Output.WriteLine($"create a token:    {CommandLine.Invocation} token create --state {server.State}");
        }

        streams.Output.WriteLine($"submit a job:      {CommandLine.Invocation} submit job.yaml --coordinator {api}");
        streams.Output.Flush();
    }
}
