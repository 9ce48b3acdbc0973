using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Registry;
using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Microsoft.Data.Sqlite;

namespace Distributed.Coordinator.Tests.Service;

/// <summary>The disk of the state refuses writes for a while: the coordinator shows what is on disk, and writes the rest later.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task End_ThatTheDiskRefuses_IsShownOnceWritten()
    {
        await using var scene = new ServiceScene(_folder.Path);
        var worker = await scene.Join("worker-0");
        var id = scene.Submit("one 1 3");
        await worker.Assigned();
        worker.Step(1);
        await scene.Job(id, job => job.Stored.Step == 1);

        Refuse("UPDATE ON jobs");
        worker.Step(2);
        worker.Send(new WorkerEvent { Evaluation = new HeldOutScored { Loss = 2 } }, step: 2);
        worker.Step(3);
        worker.Finish();
        await scene.Until(() => scene.Pool.Idle == 1); // the worker has finished
        var shown = scene.Registry.Find(id)!;
        Assert.Equal((JobState.Running, 1), (shown.State, shown.Stored.Step));
        Assert.Equal(shown.Stored, KeptByAnother(id)); // what a restarted coordinator would show
        Accept();
        var ended = await Later(scene, id, job => job.HasEnded);

        Assert.Equal((JobState.Completed, 3), (ended.State, ended.Stored.Step));
        Assert.Equal(ended.Stored, KeptByAnother(id));
        Assert.Equal([1, 2, 3], scene.Metrics.Read(id, 1).Select(point => point.FirstStep));
        Assert.Single(scene.Store.Events(id), each => each.Kind == "evaluation"); // written once, not again with each attempt
        Assert.Equal("completed: all 3 steps are done", scene.Store.Events(id)[^1].Text);
    }

    [Fact]
    public async Task Epoch_ThatTheDiskRefuses_StartsOnceWritten()
    {
        await using var scene = new ServiceScene(_folder.Path);
        Refuse("UPDATE OF record ON jobs");
        var id = scene.Submit("one 1 3");
        var worker = await scene.Join("worker-0");
        var waiting = await Later(scene, id,
            job => job.State == JobState.Pending && job.Stored.Reason.Contains("could not be stored", StringComparison.Ordinal));
        Assert.Contains("the job resumes when its state can be stored", waiting.Stored.Reason, StringComparison.Ordinal);

        Accept();
        await Later(scene, id, job => job.State == JobState.Running);

        Assert.Equal(1, (await worker.Assigned()).World);
    }

    [Fact]
    public async Task Close_WhileTheDiskRefuses_EndsWithinItsTimeout()
    {
        await using var scene = new ServiceScene(_folder.Path);
        var worker = await scene.Join("worker-0");
        var id = scene.Submit("one 1 3");
        await worker.Assigned();
        worker.Step(1);
        await scene.Job(id, job => job.Stored.Step == 1);
        Refuse("UPDATE ON jobs");

        var closing = scene.Registry.CloseAsync("shutting down");
        Assert.True((await worker.Command()).Stop.Save);
        worker.Finish(stopped: true);
        await Advance(scene, closing);

        Assert.Equal(JobState.Running, scene.Registry.Find(id)!.State);
        Assert.Equal(JobState.Running, KeptByAnother(id).State);
    }

    // Makes a statement fail, as it does on a full disk: the trigger writes to a table that does not exist.
    private void Refuse(string what) => Run($"CREATE TRIGGER no_room BEFORE {what} BEGIN INSERT INTO no_room VALUES (1); END");

    private void Accept() => Run("DROP TRIGGER no_room");

    private void Run(string statement)
    {
        using var other = new SqliteConnection($"Data Source={_folder.At("state.db")};Pooling=False");
        other.Open();
        using var command = other.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }

    private StoredJob KeptByAnother(string id)
    {
        var copy = Directory.CreateDirectory(_folder.At(Guid.NewGuid().ToString("N"))).FullName;
        foreach (var file in Directory.EnumerateFiles(_folder.Path, "state.db*"))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        using var store = new StateStore(Path.Combine(copy, "state.db"));
        return store.Jobs().Single(job => job.Id == id);
    }

    // Retries use the test's clock, so that this method advances it.
    private static async Task<JobView> Later(ServiceScene scene, string id, Func<JobView, bool> condition)
    {
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            if (scene.Registry.Find(id) is { } job && condition(job)) return job;
            scene.Time.Advance(TimeSpan.FromSeconds(1));
            await looks.WaitForNextTickAsync(bound.Token);
        }
    }

    private static async Task Advance(ServiceScene scene, Task closing)
    {
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!closing.IsCompleted)
        {
            scene.Time.Advance(TimeSpan.FromSeconds(1));
            await looks.WaitForNextTickAsync(bound.Token);
        }

        await closing;
    }
}
