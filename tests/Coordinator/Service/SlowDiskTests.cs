using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Registry;
using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;

namespace Distributed.Coordinator.Tests.Service;

/// <summary>A disk that takes long for one write, or refuses it: what is shown, and what the other requests do meanwhile.</summary>
public sealed class SlowDiskTests
{
    private HeldStore _store = null!;

    [Theory]
    [InlineData("scale", "SaveRequests")]
    [InlineData("pause", "SaveRequests")]
    [InlineData("stop", "SaveRequests")]
    public async Task Request_WhileItsWriteIsHeld_ShowsTheStateOnDisk(string request, string write)
    {
        await using var scene = NewScene();
        var (id, _) = await Running(scene);
        var before = scene.Registry.Jobs;
        var held = _store.Hold(each => each.Name == write);

        var requested = Start(() => Request(scene, request, id));
        await held.Entered;

        Assert.Equal(before, scene.Registry.Jobs);
        Assert.Equal(scene.Store.Jobs(), scene.Registry.Jobs.Select(job => job.Stored));
        Assert.NotNull(scene.Registry.Running(id));
        Assert.False(scene.Registry.ChangeOf(id).IsCompleted);
        Assert.NotEmpty(await Entries(scene, id));
        Assert.False(requested.IsCompleted);
        held.Release();
        await requested.WaitAsync(HeldStore.Bound, TestContext.Current.CancellationToken);

        Assert.NotEqual(RequestsOf(before[0].Stored), RequestsOf(scene.Registry.Find(id)!.Stored));
        Assert.Equal(RequestsOf(scene.Store.Jobs()[0]), RequestsOf(scene.Registry.Find(id)!.Stored));
    }

    [Fact]
    public async Task Submit_WhileItsWriteIsHeld_ShowsTheJobAfterwards()
    {
        await using var scene = NewScene();
        var (id, _) = await Running(scene);
        var held = _store.Hold(write => write is { Name: "Add", Job: "two" });

        var submitted = Start(() => scene.Submit("two 1 9"));
        await held.Entered;

        Assert.Equal(id, Assert.Single(scene.Registry.Jobs).Id);
        Assert.True(scene.Registry.Pause(id, pause: true)); // another job's request
        held.Release();
        Assert.Equal([id, await submitted], scene.Registry.Jobs.Select(job => job.Id));
    }

    [Fact]
    public async Task Submit_WhileARequestOfAnotherJobIsHeld_StartsTheJob()
    {
        await using var scene = NewScene();
        var (id, _) = await Running(scene);
        var other = await scene.Join("worker-1");
        var held = _store.Hold(write => write.Name == "SaveRequests" && write.Job == id);
        var scaled = Start(() => scene.Registry.Scale(id, 4));
        await held.Entered;

        var second = scene.Submit("two 1 9");

        Assert.Equal(1, (await other.Assigned()).World);
        await scene.Job(second, job => job.State == JobState.Running);
        Assert.Equal(1, scene.Registry.Find(id)!.Stored.Workers);
        held.Release();
        Assert.True(await scaled);
    }

    [Fact]
    public async Task Requests_OfOneJob_AreWrittenInOrder()
    {
        await using var scene = NewScene();
        var (id, _) = await Running(scene);
        var held = _store.Hold(write => write.Name == "SaveRequests");
        var first = Start(() => scene.Registry.Scale(id, 8));
        await held.Entered;
        Task<bool>[] later = [Start(() => scene.Registry.Scale(id, 2)), Start(() => scene.Registry.Pause(id, pause: true))];

        Assert.DoesNotContain(_store.Made, write => write.Name == "SaveRequests");
        held.Release();
        await Task.WhenAll([first, .. later]);

        var written = _store.Made.Where(write => write.Name == "SaveRequests").Select(write => write.State!).ToArray();
        Assert.Equal((3, 8), (written.Length, written[0].Workers));
        Assert.Equal((2, true, null), RequestsOf(written[2])); // each has the requests before it
        Assert.Equal((2, true, null), RequestsOf(scene.Store.Jobs()[0]));
        Assert.Equal((2, true, null), RequestsOf(scene.Registry.Find(id)!.Stored));
    }

    [Fact]
    public async Task Stop_OfAWaitingJob_WhileItsEndIsHeld_LetsTheJobsBehindStart()
    {
        await using var scene = NewScene();
        var (first, second) = (scene.Submit("one 1 9"), scene.Submit("two 1 9"));
        var held = _store.Hold(write => write is { Name: "Update", State.State: JobState.Stopped });
        var stopped = Start(() => scene.Registry.Stop(first, save: true, "enough"));
        await held.Entered;

        var worker = await scene.Join("worker-0");
        await worker.Assigned();

        await scene.Job(second, job => job.State == JobState.Running);
        Assert.Equal((JobState.Pending, "waits for 1 worker, 0 idle"),
            (scene.Registry.Find(first)!.State, scene.Registry.Find(first)!.Stored.Reason));
        held.Release();
        Assert.Equal((JobState.Stopped, "enough"), (await stopped) is { } job ? (job.State, job.Stored.Reason) : default);
    }

    [Fact]
    public async Task Stop_OfAWaitingJob_WhoseEndIsRefused_WaitsAgain()
    {
        await using var scene = NewScene();
        var id = scene.Submit("one 1 9");
        _store.Refuses = write => write is { Name: "Update", State.State: JobState.Stopped };

        Assert.Throws<IOException>(() => scene.Registry.Stop(id, save: true, "enough"));
        Assert.Equal("waits for 1 worker, 0 idle", scene.Registry.Find(id)!.Stored.Reason);
        _store.Refuses = null;

        Assert.Equal(JobState.Stopped, scene.Registry.Stop(id, save: true, "enough")!.State);
        Assert.Equal(scene.Store.Jobs()[0], scene.Registry.Find(id)!.Stored);
    }

    [Fact]
    public async Task Stop_OfAWaitingJobThatStartsMeanwhile_StopsItsRun()
    {
        await using var scene = NewScene();
        var id = scene.Submit("one 1 9");
        var held = _store.Hold(write => write.Name == "SaveRequests");
        var stopped = Start(() => scene.Registry.Stop(id, save: false, "enough"));
        await held.Entered;
        var worker = await scene.Join("worker-0");
        await worker.Assigned();
        held.Release();

        await stopped;
        Assert.False((await worker.Command()).Stop.Save);
        worker.Finish(stopped: true);

        Assert.Equal((JobState.Stopped, "enough"), (await scene.Ended(id)) is { } job ? (job.State, job.Stored.Reason) : default);
    }

    [Fact]
    public async Task End_WhileItsWriteIsHeld_ReturnsItsWorkersAndShowsTheStateBefore()
    {
        await using var scene = NewScene();
        var (id, worker) = await Running(scene);
        var second = scene.Submit("two 1 9");
        var held = _store.Hold(write => write is { Name: "Update", State.State: JobState.Completed });
        worker.Step(9);
        worker.Finish();
        await held.Entered;

        await worker.Assigned(); // to the second job
        await scene.Job(second, job => job.State == JobState.Running);
        Assert.Equal(JobState.Ending, scene.Registry.Find(id)!.State);
        var paused = Start(() => scene.Registry.Pause(id, pause: true)); // comes after the end
        Assert.False(paused.IsCompleted);
        held.Release();

        Assert.Equal(JobState.Completed, (await scene.Ended(id)).State);
        Assert.False(await paused);
        Assert.False(scene.Store.Jobs()[0].IsPauseRequested);
    }

    [Theory]
    [InlineData("submit")]
    [InlineData("scale")]
    [InlineData("pause")]
    [InlineData("stop")]
    public async Task Request_ThatTheDiskRefuses_ChangesNothing(string request)
    {
        await using var scene = NewScene();
        var (id, worker) = await Running(scene);
        var before = scene.Registry.Jobs;
        _store.Refuses = _ => true;

        Assert.Throws<IOException>(() => Request(scene, request, id));

        _store.Refuses = null;
        Assert.Equal(before, scene.Registry.Jobs);
        Assert.Equal(scene.Store.Jobs(), scene.Registry.Jobs.Select(job => job.Stored));
        Assert.False(worker.End.Commands.TryPeek(out _)); // the job has received no request
    }

    [Fact]
    public async Task Submit_TwiceAtOnceWithTheSameKey_AddsOneJob()
    {
        await using var scene = NewScene();
        var held = _store.Hold(write => write.Name == "Add");
        var (first, second) = (scene.Reader.Read("one 1 9", []), scene.Reader.Read("another 2 9", []));
        var submitted = Start(() => scene.Registry.Submit(first, "key"));
        await held.Entered;
        var repeated = Start(() => scene.Registry.Submit(second, "key"));
        held.Release();

        Assert.Equal((await submitted).Id, (await repeated).Id);
        Assert.Equal("one", Assert.Single(scene.Registry.Jobs).Stored.Name);
        Assert.Equal(1, (await (await scene.Join("worker-0")).Assigned()).World); // of the job that was stored
    }

    private ServiceScene NewScene() => new(over: store => _store = new HeldStore(store));

    // A job of one worker that has committed no step.
    private static async Task<(string Id, ScriptedWorker Worker)> Running(ServiceScene scene)
    {
        var worker = await scene.Join("worker-0");
        var id = scene.Submit("one 1 9");
        await worker.Assigned();
        await scene.Job(id, job => job.State == JobState.Running);
        return (id, worker);
    }

    private static bool Request(ServiceScene scene, string request, string id) => request switch
    {
        "submit" => scene.Submit("two 1 9").Length > 0,
        "scale" => scene.Registry.Scale(id, 4),
        "pause" => scene.Registry.Pause(id, pause: true),
        _ => scene.Registry.Stop(id, save: true, "enough") is not null,
    };

    private static (int Workers, bool IsPauseRequested, StopRequest? Stop) RequestsOf(StoredJob job) =>
        (job.Workers, job.IsPauseRequested, job.Stop);

    // On a thread of its own: the write blocks it.
    private static Task<T> Start<T>(Func<T> request) => WriteThreads.RunAsync(request);

    private static ValueTask<List<LogEntry>> Entries(ServiceScene scene, string id) => scene.Log
        .ReadAsync(id, default, follow: false, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
}
