using System.Net;
using System.Net.Sockets;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>Calls to a coordinator do not use a proxy, and a wrong scheme for the port is reported.</summary>
public sealed class ReachTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Call_WithAProxyInTheEnvironment_ReachesTheCoordinatorItself()
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        var address = $"http://{proxy.LocalEndpoint}";
        var set = $"export http_proxy={address} https_proxy={address} all_proxy={address}; exec \"$@\"";
        using var coordinator = await ServedProcess.StartAsync(_workspace.At("state"), "--workers", "127.0.0.1:0");
        using var worker = ShellRun.Start(set, "worker", "join", "--coordinator", coordinator.Socket, "--name", "worker-0");
        try
        {
            var submitted = await ShellRun.OfAsync(set, "submit", _workspace.Job, "--set", "parallel.workers=1", "--follow",
                "--coordinator", coordinator.Api);
            Assert.True(submitted.Status == ExitStatus.Ok, submitted.Error);
            Assert.Equal(ExitStatus.Ok, (await ShellRun.OfAsync(set, "jobs", "--coordinator", coordinator.Api)).Status);
            var token = (string)(await Invocation.Of("token", "create", "--state", _workspace.At("state"), "--role", "viewer", "--json"))
                .Named("token").Single()["token"]!;
            Assert.Equal(ExitStatus.Ok,
                (await ShellRun.OfAsync(set, "jobs", "--coordinator", coordinator.Remote!, "--identity", _workspace.At("viewer"),
                    "--token", token)).Status);
        }
        finally
        {
            if (!worker.HasExited) worker.Kill(entireProcessTree: true);
        }

        Assert.False(proxy.Pending());
    }

    [Fact]
    public async Task Call_ByAnotherSchemeThanThePorts_NamesTheRightOne()
    {
        using var coordinator = await ServedProcess.StartAsync(_workspace.At("state"), "--workers", "127.0.0.1:0");
        var token = (string)(await Invocation.Of("token", "create", "--state", _workspace.At("state"), "--role", "operator", "--json"))
            .Named("token").Single()["token"]!;
        var (plain, tls) = (new Uri(coordinator.Api).Authority, new Uri(coordinator.Remote!).Authority);
        string[] identity = ["--identity", _workspace.At("identity")];

        await FailsAsync("the port speaks plain HTTP, without TLS",
            ["jobs", "--coordinator", $"https://{plain}", .. identity, "--token", token]);
        // the token is still valid
        Assert.Equal(ExitStatus.Ok,
            (await Invocation.Of(["jobs", "--coordinator", $"https://{tls}", .. identity, "--token", token])).Status);
        await FailsAsync("the port speaks plain HTTP, without TLS", ["jobs", "--coordinator", $"https://{plain}", .. identity]);
        await FailsAsync("the port speaks plain HTTP, without TLS", ["worker", "join", "--coordinator", $"https://{plain}", .. identity]);
        await FailsAsync($"the port speaks TLS. Use https://{tls}", ["jobs", "--coordinator", $"http://{tls}"]);
        await FailsAsync($"the port speaks TLS. Use https://{tls}", ["worker", "join", "--coordinator", $"http://{tls}"]);
        await FailsAsync("the port serves the JSON API. Workers join at the coordinator's socket",
            ["worker", "join", "--coordinator", $"http://{plain}"]);
    }

    private static async Task FailsAsync(string reason, string[] args)
    {
        var call = await Invocation.Of(args);

        Assert.Equal(ExitStatus.Failure, call.Status);
        Assert.Contains(reason, call.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("frame", call.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", call.Error, StringComparison.Ordinal);
    }
}
