using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A coordinator whose workers come over TLS, all of them real processes: a job is trained, and only who may is let in.</summary>
public sealed class SecureServeTests : IDisposable
{
    private readonly Workspace _workspace = new();

    private string State => _workspace.At("state");

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Submit_WithThreeWorkersOverTls_HasTheBitsOfTrain()
    {
        var trained = await Invocation.Of("train", _workspace.Job, "--set", $"checkpoint.directory={_workspace.At("trained")}", "--json");
        using var coordinator = await ServedProcess.StartAsync(State, "--workers", "127.0.0.1:0", "--transport", "grpc"); // though they could share memory
        Assert.StartsWith("https://127.0.0.1:", coordinator.Remote, StringComparison.Ordinal);
        foreach (var name in new[] { "worker-0", "worker-1", "worker-2" }) coordinator.JoinRemotely("--identity", _workspace.At(name), "--name", name, "--token", await TokenAsync());

        var followed = await coordinator.Ask("submit", _workspace.Job, "--follow");

        Assert.Equal((0, ""), (followed.Status, followed.Error));
        Assert.Equal(6, Losses(followed).Length);
        Assert.Equal(Losses(trained), Losses(followed));
        var workers = await WorkersAsync(coordinator);
        Assert.Equal(["worker-0", "worker-1", "worker-2"], workers.Select(worker => (string)worker!["name"]!));
        Assert.All(workers, worker => Assert.StartsWith("https://127.0.0.1:", (string)worker!["exchange_address"]!, StringComparison.Ordinal));
        Assert.Equal(0, await coordinator.EndAsync("-TERM"));
    }

    [Fact]
    public async Task Join_AgainWithItsIdentity_NeedsNoTokenAndAUsedOneHelpsNobodyElse()
    {
        using var coordinator = await ServedProcess.StartAsync(State, "--workers", "127.0.0.1:0");
        var token = await TokenAsync();
        string[] job = ["submit", _workspace.Job, "--set", "parallel.workers=1", "--set", "training.steps=2", "--follow"];
        var first = coordinator.JoinRemotely("--identity", _workspace.At("identity"), "--name", "worker-0", "--token", token);
        var before = await coordinator.Ask([.. job, "--set", $"checkpoint.directory={_workspace.At("before")}"]);
        Assert.Equal(0, before.Status);

        var other = await Invocation.Of("worker", "join", "--coordinator", coordinator.Remote!, "--identity", _workspace.At("other"), "--token", token);
        await ServedProcess.EndAsync(first, "-TERM");
        coordinator.JoinRemotely("--identity", _workspace.At("identity"));
        var after = await coordinator.Ask([.. job, "--set", $"checkpoint.directory={_workspace.At("after")}"]);

        Assert.Equal(ExitStatus.Failure, other.Status);
        Assert.Contains("refuses to enrol this worker: this join token was used already, on ", other.Error, StringComparison.Ordinal);
        Assert.Equal(0, after.Status);
        Assert.Equal(Losses(before), Losses(after));
        Assert.Equal("worker-0", (string)Assert.Single(await WorkersAsync(coordinator))!["name"]!);
    }

    private async Task<string> TokenAsync() => (await Invocation.Of("token", "create", "--state", State)).Output.Trim();

    private static async Task<JsonArray> WorkersAsync(ServedProcess coordinator)
    {
        using var client = new HttpClient();
        return (JsonArray)(await client.GetFromJsonAsync<JsonObject>($"{coordinator.Api}/api/v1/workers", TestContext.Current.CancellationToken))!["workers"]!;
    }

    private static double[] Losses(Invocation call) => [.. call.Named("step").Select(step => (double)step["loss"]!)];
}
