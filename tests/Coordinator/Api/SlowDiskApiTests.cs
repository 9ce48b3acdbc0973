using System.Text.Json.Nodes;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;

namespace Distributed.Coordinator.Tests.Api;

/// <summary>The API answers what is on disk while the disk takes long for a write, or refuses it.</summary>
public sealed class SlowDiskApiTests : IAsyncLifetime
{
    private HeldStore _store = null!;
    private ServedCoordinator _coordinator = null!;
    private ScriptedWorker _worker = null!;
    private string _running = "", _waiting = "";

    public async ValueTask InitializeAsync()
    {
        _coordinator = await ServedCoordinator.StartAsync(open: path => _store = new HeldStore(new StateStore(path)));
        _worker = await _coordinator.JoinAsync("worker-0");
        _running = (string)(await _coordinator.PostAsync("jobs", "one 1 9")).Body["id"]!;
        _waiting = (string)(await _coordinator.PostAsync("jobs", "two 1 9")).Body["id"]!;
        await _worker.Assigned();
        await Until(_running, "running");
    }

    public async ValueTask DisposeAsync()
    {
        _store.ReleaseAll();
        await _coordinator.DisposeAsync();
    }

    [Theory]
    [InlineData("jobs", "Add")]
    [InlineData("jobs/{running}/scale?workers=4", "SaveRequests")]
    [InlineData("jobs/{running}/pause", "SaveRequests")]
    [InlineData("jobs/{running}/stop", "SaveRequests")]
    [InlineData("jobs/{waiting}/stop", "SaveRequests")]
    [InlineData("jobs/{waiting}/stop", "Update")]
    public async Task Get_WhileAPostIsHeldInItsWrite_AnswersTheStateOnDisk(string path, string write)
    {
        path = path.Replace("{running}", _running, StringComparison.Ordinal).Replace("{waiting}", _waiting, StringComparison.Ordinal);
        var before = await Text("jobs");
        var held = _store.Hold(each => each.Name == write);
        var post = _coordinator.PostAsync(path, path == "jobs" ? "three 1 9" : null);
        await held.Entered;

        Assert.Equal(before, await Text("jobs"));
        await GetEverything();
        Assert.False(post.IsCompleted);
        held.Release();

        Assert.Equal(path == "jobs" ? 201 : 202, (await post).Status);
        var isShown = path == "jobs" || path.Contains("scale", StringComparison.Ordinal)
            || path.Contains(_waiting, StringComparison.Ordinal);
        if (isShown) Assert.NotEqual(before, await Text("jobs")); // the others are shown when the running job obeys
    }

    [Fact]
    public async Task Get_WhileTheEndOfAJobIsHeld_AnswersTheStateBefore()
    {
        var held = _store.Hold(write => write is { Name: "Update", State.State: JobState.Completed });
        _worker.Step(9);
        _worker.Finish();
        await held.Entered;

        Assert.Equal("ending", (string)(await _coordinator.GetAsync($"jobs/{_running}"))["state"]!);
        await GetEverything();
        Assert.Equal(202, (await _coordinator.PostAsync($"jobs/{_waiting}/stop")).Status); // a request of another job
        held.Release();

        await Until(_running, "completed");
    }

    [Fact]
    public async Task Get_WhileManyPostsAreHeld_Answers()
    {
        var held = _store.Hold(write => write.Name == "Add");
        var posts = Enumerable.Range(0, 40).Select(_ => _coordinator.PostAsync("jobs", "three 1 9")).ToArray();
        await held.Entered;

        await GetEverything();
        Assert.Equal(2, ((JsonArray)(await _coordinator.GetAsync("jobs"))["jobs"]!).Count);
        Assert.Equal(202, (await _coordinator.PostAsync($"jobs/{_waiting}/stop")).Status);
        held.Release();

        Assert.All(await Task.WhenAll(posts), answer => Assert.Equal(201, answer.Status));
        var numbers = ((JsonArray)(await _coordinator.GetAsync("jobs"))["jobs"]!).Select(job => ((string)job!["id"]!).Split('-')[1]);
        Assert.Equal(Enumerable.Range(1, 42).Select(number => $"{number}"), numbers);
    }

    [Theory]
    [InlineData("jobs")]
    [InlineData("jobs/{running}/scale?workers=4")]
    [InlineData("jobs/{running}/pause")]
    [InlineData("jobs/{running}/stop")]
    [InlineData("jobs/{waiting}/stop")]
    public async Task Post_ThatTheDiskRefuses_ChangesNothingThatIsShown(string path)
    {
        path = path.Replace("{running}", _running, StringComparison.Ordinal).Replace("{waiting}", _waiting, StringComparison.Ordinal);
        var before = await Text("jobs");
        _store.Refuses = _ => true;

        var (status, problem) = await _coordinator.PostAsync(path, path == "jobs" ? "three 1 9" : null);

        Assert.Equal((507, "state.db cannot be written: database or disk is full."), (status, (string)problem["detail"]!));
        Assert.Equal(before, await Text("jobs"));
        _store.Refuses = null;
        Assert.True((await _coordinator.PostAsync(path, path == "jobs" ? "three 1 9" : null)).Status is 201 or 202);
    }

    private async Task GetEverything()
    {
        string[] parts = ["", "/events", "/logs", "/metrics"];
        foreach (var path in new[] { "", "workers", "jobs", $"jobs/{_running}/ledger" }) await Text(path);
        foreach (var job in new[] { _running, _waiting })
            foreach (var part in parts) await Text($"jobs/{job}{part}");
    }

    private Task<string> Text(string path) => _coordinator.Http.GetStringAsync(path, TestContext.Current.CancellationToken);

    private async Task Until(string id, string state)
    {
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        using var bound = new CancellationTokenSource(HeldStore.Bound);
        while ((string)(await _coordinator.GetAsync($"jobs/{id}"))["state"]! != state) await looks.WaitForNextTickAsync(bound.Token);
    }
}
