using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Distributed.Coordinator.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Tests.Api;

/// <summary>Refusals over HTTP: status and message.</summary>
public sealed class RefusalTests : IAsyncLifetime
{
    private readonly RecordedLog _log = new();
    private ServedCoordinator _coordinator = null!;

    public async ValueTask InitializeAsync() => _coordinator = await ServedCoordinator.StartAsync(_log);

    public ValueTask DisposeAsync() => _coordinator.DisposeAsync();

    [Fact]
    public async Task Submit_AJobWithTwoMistakes_ListsBoth()
    {
        var (status, problem) = await _coordinator.PostAsync("jobs", "one none 0");

        Assert.Equal((422, 422, "urn:distributed:problem:invalid", "The job has 2 mistakes."),
            (status, (int)problem["status"]!, (string)problem["type"]!, (string)problem["detail"]!));
        var errors = (JsonArray)problem["errors"]!;
        Assert.Equal(["parallel.workers", "training.steps"], errors.Select(error => (string)error!["where"]!));
        Assert.Equal(("none", "is not allowed", "a whole number, at least 1"),
            ((string)errors[0]!["value"]!, (string)errors[0]!["what"]!, (string)errors[0]!["fix"]!));
    }

    [Theory]
    [InlineData(415, "Content-Type is 'text/plain; charset=utf-8'", "text/plain", 10)]
    [InlineData(413, "", "application/yaml", (1 << 20) + 1)]
    public async Task Submit_ABodyThatIsNotAJobFile_IsRefused(int expected, string words, string type, int length)
    {
        var (status, problem) = await _coordinator.PostAsync("jobs", new string('x', length), type);

        Assert.Equal(expected, status);
        Assert.Contains(words, (string)problem["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_WithAMisspelledQueryParameter_IsRefused()
    {
        var (status, problem) = await _coordinator.PostAsync("jobs?sett=training.steps=5&overwrite=true", "one 1 9");

        Assert.Equal((400, "sett, overwrite: no such query parameter; allowed: set."), (status, (string)problem["detail"]!));
    }

    [Fact]
    public async Task Submit_InvalidUtf8_IsRefused()
    {
        using var content = new ByteArrayContent([0xff, 0xfe]) { Headers = { ContentType = new MediaTypeHeaderValue("application/yaml") } };
        using var response = await _coordinator.Http.PostAsync("jobs", content, TestContext.Current.CancellationToken);

        Assert.Equal((400, "application/problem+json"), ((int)response.StatusCode, response.Content.Headers.ContentType!.MediaType));
    }

    [Theory]
    [InlineData("jobs/nothing", 404, "There is no job nothing.")]
    [InlineData("jobs/nothing/ledger", 404, "There is no job nothing.")]
    [InlineData("jobs/nothing/logs?follow=true", 404, "There is no job nothing.")]
    [InlineData("nothing/at.all", 404, "GET /api/v1/nothing/at.all: this API has no such endpoint.")]
    [InlineData("jobs/ID/ledger", 404, "has no ledger yet")]
    [InlineData("jobs/ID/metrics?from=0&to=-1&resolution=7", 422, "resolution = 7: is not allowed; one of 1, 10, 100, 1000")]
    [InlineData("jobs?state=running", 400, "state: no such query parameter; allowed: none.")]
    [InlineData("jobs/ID/logs?folow=true&id=x", 400, "folow, id: no such query parameter; allowed: follow, after.")]
    [InlineData("jobs/ID/metrics?from=x", 400, "\"x\"")]
    [InlineData("jobs/ID/events?after=-1&most=0", 422, "most = 0: is not allowed; a whole number from 1 to 10000")]
    [InlineData("jobs/ID/logs?after=x", 422, "after = x: is not allowed; the cursor of an entry, such as 12.340")]
    public async Task Get_AMissingResourceOrInvalidParameter_IsAProblem(string path, int status, string detail)
    {
        var id = (string)(await _coordinator.PostAsync("jobs", "one 1 9")).Body["id"]!;
        using var response = await _coordinator.Http.GetAsync(path.Replace("ID", id, StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        var problem = await ServedCoordinator.BodyOf(response);

        Assert.Equal((status, status, "application/problem+json"),
            ((int)response.StatusCode, (int)problem["status"]!, response.Content.Headers.ContentType!.MediaType));
        Assert.Contains(detail, (string)problem["detail"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("scale?workers=3", 409, "waits for its workers and cannot be scaled before it runs")]
    [InlineData("scale?workers=0", 422, "workers = 0: is not allowed; a whole number from 1 to 65536")]
    [InlineData("scale", 400, "workers is missing; allowed: a whole number.")]
    [InlineData("scale?workers=many", 400, "workers = \"many\" is not allowed; allowed: a whole number.")]
    [InlineData("stop?save=perhaps", 400, "save = \"perhaps\" is not allowed; allowed: true or false.")]
    [InlineData("stop?sav=false", 400, "sav: no such query parameter; allowed: save.")]
    [InlineData("pause?save=true", 400, "save: no such query parameter; allowed: none.")]
    [InlineData("pause", 409, "cannot be paused before it runs")]
    [InlineData("resume", 409, "cannot be resumed before it runs")]
    public async Task Post_ToAWaitingJobOrWithAnInvalidParameter_IsAProblem(string path, int status, string detail)
    {
        var id = (string)(await _coordinator.PostAsync("jobs", "one 1 9")).Body["id"]!;
        var (code, problem) = await _coordinator.PostAsync($"jobs/{id}/{path}");

        Assert.Equal(status, code);
        Assert.Contains(detail, (string)problem["detail"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("scale?workers=3")]
    [InlineData("pause")]
    [InlineData("resume")]
    public async Task Post_ToARunningJob_IsAccepted(string path)
    {
        var worker = await _coordinator.JoinAsync("worker-0");
        var id = (string)(await _coordinator.PostAsync("jobs", "one 1 9")).Body["id"]!;
        await worker.Assigned();

        Assert.Equal(202, (await _coordinator.PostAsync($"jobs/{id}/{path}")).Status);
    }

    [Theory]
    [InlineData("Origin", "http://elsewhere.example")]
    [InlineData("Host", "rebound.example")]
    public async Task Request_FromAnotherOriginOrHost_IsForbidden(string header, string value)
    {
        _coordinator.Http.DefaultRequestHeaders.Add(header, value);

        Assert.Equal(403, (await _coordinator.PostAsync("jobs", "one 1 9")).Status);

        for (var i = 0; i < 30; i++) await _coordinator.PostAsync("jobs", "one 1 9");
        var lines = _log.Entries
            .Where(entry => entry.Text.Contains(" refused: ", StringComparison.Ordinal)
                && entry.Text.Contains(value, StringComparison.Ordinal)).ToList();
        Assert.StartsWith($"POST /api/v1/jobs from 127.0.0.1 refused: {header} {value}", lines[0].Text, StringComparison.Ordinal);
        Assert.Equal(LogLevel.Warning, lines[0].Level);
        Assert.InRange(lines.Count, 10, 20); // ten a minute; a minute may begin during the test
    }
}
