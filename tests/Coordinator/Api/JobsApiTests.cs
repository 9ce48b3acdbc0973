using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Api;

/// <summary>Jobs over HTTP, from submission to completion.</summary>
public sealed class JobsApiTests : IAsyncLifetime
{
    private ServedCoordinator _coordinator = null!;

    public async ValueTask InitializeAsync() => _coordinator = await ServedCoordinator.StartAsync();

    public ValueTask DisposeAsync() => _coordinator.DisposeAsync();

    [Fact]
    public async Task Root_Get_ReturnsVersions()
    {
        var version = await _coordinator.GetAsync("");

        Assert.Equal((1, global::Distributed.Protocol.Versions.ProtocolVersion.Current), ((int)version["api"]!, (int)version["protocol"]!));
    }

    [Fact]
    public async Task Job_SubmittedAndFollowed_StreamsEveryEntryAndTheEnd()
    {
        var worker = await _coordinator.JoinAsync("worker-0");
        var (status, job) = await _coordinator.PostAsync("jobs?set=steps=2", "one 1 9");
        var id = (string)job["id"]!;
        Assert.Equal((201, 2, 1), (status, (int)job["steps"]!, (int)job["workers"]!));

        using var response = await _coordinator.Http.GetAsync($"jobs/{id}/logs?follow=true", HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        await worker.Assigned();
        worker.Send(new WorkerEvent { Step = new StepCommitted { Loss = 2, Seconds = 0.5, Tokens = 100 } }, step: 1);
        worker.Send(new WorkerEvent { Step = new StepCommitted { Loss = double.NaN } }, step: 2);
        worker.Finish();
        var items = await SseParser.Create(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken))
            .EnumerateAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal([1, 2], items.Where(item => item.EventType == "step").Select(item => (int)JsonNode.Parse(item.Data)!["step"]!));
        Assert.Equal(("end", "completed"), (items[^1].EventType, (string)JsonNode.Parse(items[^1].Data)!["state"]!));
        var read = (JsonArray)(await _coordinator.GetAsync($"jobs/{id}/logs?after={items[1].EventId}"))["entries"]!;
        Assert.Equal(items.Count - 3, read.Count); // without the two entries before the cursor and the end
        var ended = await _coordinator.GetAsync($"jobs/{id}");
        Assert.Equal(("completed", "all 2 steps are done", 2, "one 1 2"),
            ((string)ended["state"]!, (string)ended["reason"]!, (int)ended["step"]!, (string)ended["job"]!));
        Assert.Equal(id, (string)Assert.Single((JsonArray)(await _coordinator.GetAsync("jobs"))["jobs"]!)!["id"]!);

        var metrics = await _coordinator.GetAsync($"jobs/{id}/metrics");
        Assert.Equal(1, (int)metrics["resolution"]!);
        Assert.Equal((2.0, 200.0), ((double)metrics["points"]![0]!["loss"]!, (double)metrics["points"]![0]!["tokens_per_second"]!));
        Assert.Null(metrics["points"]![1]!["loss"]);
        var tens = (await _coordinator.GetAsync($"jobs/{id}/metrics?from=1&to=5&resolution=10"))["points"]![0]!;
        Assert.Equal((1, 2, 2.0), ((int)tens["first_step"]!, (int)tens["last_step"]!, (double)tens["loss"]!["max"]!));
        Assert.Equal("submitted", (string)(await _coordinator.GetAsync($"jobs/{id}/events?most=1"))["events"]![0]!["kind"]!);
    }

    [Fact]
    public async Task Stop_OfARunningJob_RequestsThatItsWorkersSave()
    {
        var worker = await _coordinator.JoinAsync("worker-0");
        var id = (string)(await _coordinator.PostAsync("jobs", "one 1 9")).Body["id"]!;
        await worker.Assigned();

        var (status, _) = await _coordinator.PostAsync($"jobs/{id}/stop?save=true");
        Assert.Equal(202, status);
        Assert.True((await worker.Command()).Stop.Save);
        worker.Finish(stopped: true);

        // Until the job has ended.
        using var log = await _coordinator.Http.GetAsync($"jobs/{id}/logs?follow=true", TestContext.Current.CancellationToken);
        Assert.Equal("stopped", (string)(await _coordinator.GetAsync($"jobs/{id}"))["state"]!);
        Assert.Equal("idle", (string)(await _coordinator.GetAsync("workers"))["workers"]![0]!["state"]!);
    }

    [Fact]
    public async Task Submit_TwiceWithTheSameKey_ReturnsOneJob()
    {
        _coordinator.Http.DefaultRequestHeaders.Add("Idempotency-Key", "a key");
        var first = await _coordinator.PostAsync("jobs", "one 1 9");
        var second = await _coordinator.PostAsync("jobs", "one 1 9");

        Assert.Equal((string)first.Body["id"]!, (string)second.Body["id"]!);
    }
}
