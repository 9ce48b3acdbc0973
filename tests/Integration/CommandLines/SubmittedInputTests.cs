using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Distributed.Protocol;
using Grpc.Core;
using Grpc.Net.Client;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A coordinator refuses invalid input or warns about it, and continues to serve.</summary>
public sealed class SubmittedInputTests : IDisposable
{
    private readonly Workspace _workspace = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Submit_HostileInput_IsInvalidOverHttpAndGrpcAndTheCoordinatorContinues()
    {
        using var coordinator = await ServedProcess.StartAsync(_workspace.At("state"));
        using var http = new HttpClient { BaseAddress = new Uri(coordinator.Api + "/api/v1/") };
        using var channel = Channel(coordinator.Socket["unix:".Length..]);
        var multiplying = string.Concat(
            Enumerable.Range(0, 9).Select(level => $"a{level}: &a{level} [{Nine(level == 0 ? "x" : $"*a{level - 1}")}]\n"));
        (string Text, string Message)[] inputs =
        [
            ("x: " + new string('[', 40_000), "levels"), (multiplying, "anchor"), ("name: a\n---\nname: b", "second document"),
            (new string('x', 2 << 20), ""),
        ];

        foreach (var (text, message) in inputs)
        {
            using var answer = await http.PostAsync("jobs", new StringContent(text, Encoding.UTF8, "application/yaml"), Cancellation);
            Assert.Equal(message.Length > 0 ? 422 : 413, (int)answer.StatusCode);
            Assert.Contains(message, await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
            await AssertInvalidAsync(channel, new SubmitJobRequest { Text = text });
        }

        var job = await File.ReadAllTextAsync(_workspace.Job, Cancellation);
        await AssertInvalidAsync(channel, new SubmitJobRequest { Text = job, Set = { "data.corpus=" + new string('[', 40_000) } });
        Assert.Empty((JsonArray)(await coordinator.Ask("jobs")).Named("summary").Single()["jobs"]!);
        Assert.False(coordinator.Process.HasExited);
    }

    [Fact]
    public async Task Warnings_OfAJob_AreShownBeforeItStartsByEveryVerbThatReadsIt()
    {
        string[] changes = ["--set", "training.schedule=multistep", "--set", "training.min_ratio=0.2", "--set", "training.steps=2"];
        using var coordinator = await ServedProcess.StartAsync(_workspace.At("state"));

        Invocation[] calls =
        [
            await Invocation.Of(["train", _workspace.Job, .. changes, "--json"]),
            await Invocation.Of(["inspect", _workspace.Job, .. changes, "--json"]),
            await coordinator.Ask(["submit", _workspace.Job, .. changes, "--overwrite"]), // train has saved checkpoints there
        ];
        foreach (var call in calls)
        {
            Assert.Equal((0, ""), (call.Status, call.Error));
            Assert.Equal("warning", (string)call.Events[0]["event"]!);
            Assert.Equal("training.min_ratio", (string)Assert.Single((JsonArray)call.Events[0]["keys"]!)!);
        }

        var text = await Invocation.Of(["inspect", _workspace.Job, .. changes]);
        Assert.StartsWith("warning: training.min_ratio: does nothing: training.schedule is multistep", text.Error,
            StringComparison.Ordinal);
        var id = (string)((JsonArray)(await coordinator.Ask("jobs")).Named("summary").Single()["jobs"]!)[0]!["id"]!;
        var logged = (await coordinator.Ask("logs", id)).Named("log").Where(entry => (string)entry["kind"]! == "warning")
            .Select(entry => (string)entry["text"]!);
        Assert.Single(logged, text => text.Contains("training.min_ratio", StringComparison.Ordinal));
    }

    private static string Nine(string item) => string.Join(", ", Enumerable.Repeat(item, 9));

    private static async Task AssertInvalidAsync(GrpcChannel channel, SubmitJobRequest request)
    {
        var client = new Jobs.JobsClient(channel);
        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await client.SubmitAsync(request, cancellationToken: Cancellation));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    private static GrpcChannel Channel(string socket) => GrpcChannel.ForAddress("http://coordinator", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var stream = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await stream.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                return new NetworkStream(stream, ownsSocket: true);
            },
        },
        DisposeHttpClient = true,
    });
}
