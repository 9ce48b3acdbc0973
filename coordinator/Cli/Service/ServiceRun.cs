using System.Text.Json.Nodes;
using Distributed.Cli.Output;
using Distributed.Cli.Resources;
using Distributed.Coordinator.Security;
using Distributed.Coordinator.Service;
using Distributed.Coordinator.Storage;
using Distributed.Protocol.Sockets;
using Microsoft.Extensions.Logging;

namespace Distributed.Cli.Service;

/// <summary>One run of <c>serve</c>, until a signal ends it: the first hands over or stops what runs, a second ends at once.</summary>
/// <param name="shell">Where to write.</param>
/// <param name="json">Whether in JSON.</param>
/// <param name="onExit">What becomes of the jobs that run.</param>
internal sealed class ServiceRun(CommandOutput shell, bool json, OnExit onExit)
{
    public async Task<int> RunAsync(ServiceOptions options, WorkersEndpoint? workers, ServiceCertificates? certificates)
    {
        RequireSocket(options);
        OpenFiles.Require("serve", OpenFiles.ForServing);
        using var logging = ErrorLog.Create(builder => builder.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None));
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupts = new Interrupts(() => asked.TrySetResult()); // a closed output ends nothing: what serve does is not its output
        await using var server = await StartAsync(options, workers, certificates, logging);
        Announce(server);
        await asked.Task;
        await (onExit == OnExit.Stop ? StopAsync(server) : HandOverAsync(server));
        if (json) new JsonLines(shell.Output).Write("summary", new JsonObject { ["state"] = server.State, ["exit"] = ExitStatus.Ok });
        return ExitStatus.Ok;
    }

    private async Task StopAsync(CoordinatorServer server)
    {
        Say("shutting down: jobs save and stop, and resume at the next start; interrupt again to end at once");
        await server.CloseAsync();
    }

    private async Task HandOverAsync(CoordinatorServer server)
    {
        Say("handing over: jobs save, and their workers continue until the next start; interrupt again to end at once");
        foreach (var (job, problem) in await server.HandOverAsync())
            Say(problem is null ? $"{job.Id}: {job.State.ToString().ToLowerInvariant()}, saved up to step {job.Kept.CheckpointStep}" : $"warning: {job.Id} has no new checkpoint: {problem}");
    }

    private void Say(string message)
    {
        try
        {
            shell.Error.WriteLine(message);
        }
        catch (IOException)
        {
            // The terminal may have gone: that is what SIGHUP reports.
        }
    }

    private static async Task<CoordinatorServer> StartAsync(ServiceOptions options, WorkersEndpoint? workers, ServiceCertificates? certificates, ILoggerFactory logging)
    {
        try
        {
            if (workers is not null) options = options with { Workers = await workers.ListenAsync(), Tls = certificates?.Open() ?? OfOwnAuthority(options, workers) };

            return await CoordinatorServer.StartAsync(options, new TrainingJobReader(), TimeProvider.System, logging);
        }
        catch (Exception error) when (error is ArgumentException or StateException or IOException)
        {
            throw new UserErrorException(error.Message);
        }
    }

    // Before anything is made.
    private static void RequireSocket(ServiceOptions options)
    {
        if (UnixSocketPath.Problem(options.SocketPath) is not { } problem) return;
        throw new UserErrorException(options.Socket is null
            ? $"--state {options.State}: its socket {options.SocketPath} {problem}. Name a folder with a shorter path, or give the socket a shorter one with --socket."
            : $"--socket {options.Socket}: {options.SocketPath} {problem}. Name a shorter path.");
    }

    private static ControlTls OfOwnAuthority(ServiceOptions options, WorkersEndpoint workers) =>
        ControlTls.Of(EnrolmentIssuer.Open(new CertificateAuthorityOptions { StateFolder = options.State, HostNames = [workers.Host] }, TimeProvider.System));

    private void Announce(CoordinatorServer server)
    {
        var api = server.Api.ToString().TrimEnd('/');
        if (json)
        {
            new JsonLines(shell.Output).Write("serving", new JsonObject { ["api"] = api, ["workers"] = $"unix:{server.Socket}", ["workers_tls"] = server.Workers?.ToString(), ["state"] = server.State, ["process"] = Environment.ProcessId });
            return;
        }

        shell.Output.WriteLine($"serving at {api}, state in {server.State}");
        shell.Output.WriteLine($"workers join with: {CommandLine.Invocation} worker join --coordinator unix:{server.Socket}");
        if (server.Workers is { } remote) shell.Output.WriteLine($"from other hosts:  {CommandLine.Invocation} worker join --coordinator {remote.ToString().TrimEnd('/')} --identity FOLDER --token TOKEN, and a token with: token create --state {server.State}");
        shell.Output.WriteLine($"jobs come with:    {CommandLine.Invocation} submit job.yaml --coordinator {api}");
        shell.Output.Flush();
    }
}
