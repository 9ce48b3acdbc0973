using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A coordinator with workers over TLS, all of them processes: trains a job, and accepts only authorized callers.</summary>
public sealed class SecureServeTests : IDisposable
{
    private readonly Workspace _workspace = new();

    private string State => _workspace.At("state");

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Submit_WithThreeWorkersOverTls_HasTheBitsOfTrain()
    {
        var trained = await Invocation.Of("train", _workspace.Job, "--set", $"checkpoint.directory={_workspace.At("trained")}", "--json");
        // not shared memory
        using var coordinator = await ServedProcess.StartAsync(State, "--workers", "127.0.0.1:0", "--transport", "grpc");
        Assert.StartsWith("https://127.0.0.1:", coordinator.Remote, StringComparison.Ordinal);
        foreach (var name in new[] { "worker-0", "worker-1", "worker-2" })
            coordinator.JoinRemotely("--identity", _workspace.At(name), "--name", name, "--token", await TokenAsync());

        var followed = await coordinator.Ask("submit", _workspace.Job, "--follow");

        Assert.Equal((0, ""), (followed.Status, followed.Error));
        Assert.Equal(6, Losses(followed).Length);
        Assert.Equal(Losses(trained), Losses(followed));
        var workers = await WorkersAsync(coordinator);
        Assert.Equal(["worker-0", "worker-1", "worker-2"], workers.Select(worker => (string)worker!["name"]!));
        Assert.All(workers,
            worker => Assert.StartsWith("https://127.0.0.1:", (string)worker!["exchange_address"]!, StringComparison.Ordinal));
        Assert.Equal(0, await coordinator.EndAsync("-TERM"));
    }

    [Fact]
    public async Task Join_AgainWithItsIdentity_NeedsNoTokenAndAUsedTokenIsRefused()
    {
        using var coordinator = await ServedProcess.StartAsync(State, "--workers", "127.0.0.1:0");
        var token = await TokenAsync();
        string[] job = ["submit", _workspace.Job, "--set", "parallel.workers=1", "--set", "training.steps=2", "--follow"];
        var first = coordinator.JoinRemotely("--identity", _workspace.At("identity"), "--name", "worker-0", "--token", token);
        var before = await coordinator.Ask([.. job, "--set", $"checkpoint.directory={_workspace.At("before")}"]);
        Assert.Equal(0, before.Status);

        var other = await Invocation.Of("worker", "join", "--coordinator", coordinator.Remote!, "--identity",
            _workspace.At("other"), "--token", token);
        await ServedProcess.EndAsync(first, "-TERM");
        coordinator.JoinRemotely("--identity", _workspace.At("identity"));
        var after = await coordinator.Ask([.. job, "--set", $"checkpoint.directory={_workspace.At("after")}"]);

        Assert.Equal(ExitStatus.Failure, other.Status);
        Assert.Contains("refuses the enrolment: this join token was used already, on ", other.Error, StringComparison.Ordinal);
        Assert.Equal(0, after.Status);
        Assert.Equal(Losses(before), Losses(after));
        Assert.Equal("worker-0", (string)Assert.Single(await WorkersAsync(coordinator))!["name"]!);
    }

    [Fact]
    public async Task Call_OverTlsWithACertificate_HasThePermissionsOfItsRole()
    {
        using var coordinator = await ServedProcess.StartAsync(State, "--workers", "127.0.0.1:0");
        string[] olga = ["--coordinator", coordinator.Remote!, "--identity", _workspace.At("olga"), "--json"], vera = ["--coordinator",
            coordinator.Remote!, "--identity", _workspace.At("vera"), "--json"];

        var submitted = await Invocation.Of(
            ["submit", _workspace.Job, .. olga, "--name", "olga", "--token", await TokenAsync("--role", "operator", "--name", "olga")]);
        var id = (string)submitted.Named("summary").Single()["id"]!;
        var seen = await Invocation.Of(["jobs", .. vera, "--token", await TokenAsync("--role", "viewer")]);
        var refused = await Invocation.Of(["stop", id, .. vera]);
        var stopped = await Invocation.Of(["stop", id, .. olga]);

        Assert.Equal((0, 0, 0), (submitted.Status, seen.Status, stopped.Status));
        Assert.Equal(id, (string)Assert.Single((JsonArray)seen.Named("summary").Single()["jobs"]!)!["id"]!);
        Assert.Equal(ExitStatus.BadInput, refused.Status);
        Assert.Contains("is for the role viewer; allowed here: operator", refused.Error, StringComparison.Ordinal);
        Assert.Equal("stopped", (string)stopped.Named("summary").Single()["state"]!);
    }

    [Fact]
    public async Task Call_OverTlsWithoutCredentials_NamesTheMissingOnes()
    {
        using var coordinator = await ServedProcess.StartAsync(State, "--workers", "127.0.0.1:0");
        using var other = await ServedProcess.StartAsync(_workspace.At("other"), "--workers", "127.0.0.1:0");
        string[] olga = ["--identity", _workspace.At("olga")];
        Assert.Equal(0,
            (await Invocation.Of(
                ["jobs", "--coordinator", coordinator.Remote!, .. olga, "--token", await TokenAsync("--role", "viewer")])).Status);

        AssertRefused(await Invocation.Of("jobs", "--coordinator", coordinator.Remote!), ExitStatus.BadInput,
            "Give --identity, a folder for the key and the certificate, and --token the first time");
        AssertRefused(await Invocation.Of("jobs", "--coordinator", coordinator.Api, "--identity", "a"), ExitStatus.BadInput,
            "certificates and tokens are for https://host:port.");
        AssertRefused(await Invocation.Of(["jobs", "--coordinator", other.Remote!, .. olga]), ExitStatus.Failure,
            "the coordinator is not trusted");
    }

    private static void AssertRefused(Invocation call, int status, string words)
    {
        Assert.Equal(status, call.Status);
        Assert.Contains(words, call.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", call.Error, StringComparison.Ordinal);
    }

    private async Task<string> TokenAsync(params string[] options) =>
        (await Invocation.Of(["token", "create", "--state", State, .. options])).Output.Trim();

    private static async Task<JsonArray> WorkersAsync(ServedProcess coordinator)
    {
        using var client = new HttpClient();
        return (JsonArray)(await client.GetFromJsonAsync<JsonObject>($"{coordinator.Api}/api/v1/workers",
            TestContext.Current.CancellationToken))!["workers"]!;
    }

    private static double[] Losses(Invocation call) => [.. call.Named("step").Select(step => (double)step["loss"]!)];
}
