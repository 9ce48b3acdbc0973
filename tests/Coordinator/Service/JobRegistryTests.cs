using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Registry;
using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Microsoft.Data.Sqlite;

namespace Distributed.Coordinator.Tests.Service;

/// <summary>Jobs from submission to their end, with the real state machine and scripted workers.</summary>
public sealed class JobRegistryTests
{
    [Fact]
    public async Task Submit_WithEnoughWorkers_RunsToItsEndAndIsStored()
    {
        await using var scene = new ServiceScene();
        var workers = new[] { await scene.Join("worker-0"), await scene.Join("worker-1") };
        var id = scene.Submit("tiny 2 2");
        Assert.Equal($"tiny-1-{scene.Store.Tag}", id);

        await RunAsync(workers, steps: 2);
        var job = await scene.Ended(id);

        Assert.Equal((JobState.Completed, "all 2 steps are done", 2), (job.State, job.Stored.Reason, job.Stored.Step));
        Assert.Equal(job.Stored, Assert.Single(scene.Store.Jobs()));
        Assert.Equal([1, 2], scene.Metrics.Read(id, 1).Select(point => point.FirstStep));
        Assert.Equal(["submitted", "gathering"],
            scene.Store.Events(id).Select(each => each.Kind == "state" ? each.Text : each.Kind).Take(2));
        Assert.Equal("completed: all 2 steps are done", scene.Store.Events(id)[^1].Text);
        Assert.Equal(2, scene.Pool.Idle); // both workers were returned
    }

    [Fact]
    public async Task Submit_TwoJobsForTheSameWorkers_RunOneAfterAnother()
    {
        await using var scene = new ServiceScene();
        var workers = new[] { await scene.Join("worker-0"), await scene.Join("worker-1") };
        var (first, second) = (scene.Submit("one 2 1"), scene.Submit("two 2 1"));
        Assert.Equal((JobState.Pending, "waits for 2 workers, 0 idle"),
            (scene.Registry.Find(second)!.State, scene.Registry.Find(second)!.Stored.Reason));

        await RunAsync(workers, steps: 1);
        await scene.Ended(first);
        await RunAsync(workers, steps: 1);

        Assert.Equal(JobState.Completed, (await scene.Ended(second)).State);
    }

    [Fact]
    public async Task Submit_TwoJobsWithWorkersForBoth_RunSideBySide()
    {
        await using var scene = new ServiceScene();
        ScriptedWorker[] workers = [await scene.Join("worker-0"), await scene.Join("worker-1"), await scene.Join("worker-2")];
        var (first, second) = (scene.Submit("one 2 1"), scene.Submit("two 1 1"));

        await RunAsync([workers[2]], steps: 1);
        Assert.Equal(JobState.Completed, (await scene.Ended(second)).State);
        Assert.False(scene.Registry.Find(first)!.HasEnded);
        await RunAsync(workers[..2], steps: 1);

        Assert.Equal(JobState.Completed, (await scene.Ended(first)).State);
    }

    [Fact]
    public async Task Submit_ASmallJobBehindALargeOne_Waits()
    {
        await using var scene = new ServiceScene();
        await scene.Join("worker-0");
        var (large, small) = (scene.Submit("large 2 1"), scene.Submit("small 1 1"));

        Assert.Equal($"waits behind {large}", (await scene.Job(small, job => job.Stored.Reason.Length > 0)).Stored.Reason);
        Assert.Equal(1, scene.Pool.Idle);
        scene.Registry.Stop(large, save: false, "too large");

        Assert.Equal((JobState.Stopped, "too large"), (scene.Registry.Find(large)!.State, scene.Registry.Find(large)!.Stored.Reason));
        Assert.NotNull((await scene.Job(small, job => job.State != JobState.Pending)).Stored.Started);
    }

    [Fact]
    public async Task Submit_WithTheSameKey_ReturnsTheSameJob()
    {
        await using var scene = new ServiceScene();
        var job = scene.Reader.Read("one 2 1", []);

        Assert.Equal(scene.Registry.Submit(job, "key").Id, scene.Registry.Submit(job, "key").Id);
        Assert.Single(scene.Registry.Jobs);
    }

    [Fact]
    public async Task Stop_OfARunningJob_StopsItsWorkersAndIsStored()
    {
        await using var scene = new ServiceScene();
        var worker = await scene.Join("worker-0");
        var id = scene.Submit("one 1 5");
        await worker.Assigned();
        worker.Step(1);

        await scene.Job(id, job => job.State == JobState.Running);
        scene.Registry.Stop(id, save: true, "asked to");
        Assert.True((await worker.Command()).Stop.Save);
        worker.Finish(stopped: true);

        var job = await scene.Ended(id);
        Assert.Equal((JobState.Stopped, "asked to", 1), (job.State, job.Stored.Reason, job.Stored.Step));
        Assert.Equal(JobState.Stopped, scene.Registry.Stop(id, save: true, "again")!.State); // no effect
        Assert.Null(scene.Registry.Stop("nothing", save: true, ""));
    }

    [Fact]
    public async Task Worker_LeavesARunningJob_TheJobResumesWhenThereAreEnoughAgain()
    {
        await using var scene = new ServiceScene();
        ScriptedWorker[] workers = [await scene.Join("worker-0"), await scene.Join("worker-1")];
        var id = scene.Submit("one 2 5");
        foreach (var worker in workers) await worker.Assigned();
        await scene.Job(id, job => job.State == JobState.Running);

        await workers[1].Leave();
        await workers[0].Command();
        workers[0].Finish(stopped: true);

        var waiting = await scene.Job(id, job => job.State == JobState.Pending);
        Assert.StartsWith(
            "rank 1 (worker-1) was lost; 1 worker is left, and at least 2 are needed; the job resumes when enough workers have joined",
            waiting.Stored.Reason, StringComparison.Ordinal);
        Assert.Equal(1, scene.Pool.Idle);
        var another = await scene.Join("worker-2");
        Assert.Equal(2, (await another.Assigned()).World);
        Assert.Equal(2, (await workers[0].Assigned()).World);
    }

    [Fact]
    public async Task Close_WhileAJobRuns_SavesItAndItResumesInTheNextCoordinator()
    {
        using var folder = new TemporaryFolder();
        string id, waiting;
        await using (var scene = new ServiceScene(folder.Path))
        {
            var worker = await scene.Join("worker-0");
            (id, waiting) = (scene.Submit("one 1 5"), scene.Submit("two 1 5"));
            await worker.Assigned();
            worker.Step(1);
            await scene.Job(id, job => job.State == JobState.Running);
            var closing = scene.Registry.CloseAsync("shutting down");
            Assert.True((await worker.Command()).Stop.Save);
            worker.Step(2);
            worker.Send(new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = "runs/one/step-2" } }, step: 2);
            worker.Finish(stopped: true);
            await closing;
            Assert.Equal(JobState.Pending, scene.Registry.Find(id)!.State);
        }

        await using var next = new ServiceScene(folder.Path);
        Assert.Equal([id, waiting], next.Registry.Jobs.Select(job => job.Id));
        Assert.StartsWith("the coordinator ended while the job ran; it resumes after step 2; waits for",
            next.Registry.Find(id)!.Stored.Reason, StringComparison.Ordinal);
        Assert.Equal("runs/one/step-2", (await (await next.Join("worker-0")).Assigned()).Start.Resume.Checkpoint);
    }

    [Fact]
    public async Task Close_WhileAWorkerEndsToo_TheJobResumesAtTheNextStart()
    {
        await using var scene = new ServiceScene();
        var worker = await scene.Join("worker-0");
        var id = scene.Submit("one 1 5");
        await worker.Assigned();
        await scene.Job(id, job => job.State == JobState.Running);

        var closing = scene.Registry.CloseAsync("shutting down");
        await worker.Command();
        await worker.Leave();
        await closing;

        Assert.Equal("the coordinator ended while the job ran; it starts again", scene.Store.Jobs()[0].Reason);
        Assert.Equal(JobState.Pending, scene.Registry.Find(id)!.State);
    }

    [Theory]
    [InlineData(null, 0, 4, 0)] // without a known checkpoint, a found one cannot be attributed to the job
    [InlineData("runs/one/step-2", 2, 4, 4)]
    [InlineData("runs/one/step-2", 2, 1, 2)]
    public async Task Start_AfterAKill_ResumesFromTheCheckpointCommittedLast(string? known, long knownStep, long foundStep, long expected)
    {
        using var folder = new TemporaryFolder();
        using (var store = new StateStore(folder.At("state.db")))
            store.Update(store.Add(new StoredJob { Name = "one", JobJson = "one 1 9", Workers = 1, Steps = 9 }) with
            {
                State = JobState.Running, Step = 5, Checkpoint = known, CheckpointStep = knownStep
            });

        await using var scene = new ServiceScene(folder.Path, new CommittedCheckpoint($"runs/one/step-{foundStep}", foundStep));
        Assert.Equal((JobState.Pending, expected), (scene.Registry.Jobs[0].State, scene.Registry.Jobs[0].Stored.CheckpointStep));
        var start = (await (await scene.Join("worker-0")).Assigned()).Start;

        Assert.Equal(expected == 0 ? "" : $"runs/one/step-{expected}", start.Resume?.Checkpoint ?? "");
    }

    [Theory]
    [InlineData("stop", JobState.Stopped)]
    [InlineData("pause", JobState.Paused)]
    [InlineData("scale", JobState.Running)]
    public async Task Start_AfterAKillWithAPendingRequest_RepeatsIt(string request, JobState becomes)
    {
        using var folder = new TemporaryFolder();
        string id;
        using (var store = new StateStore(folder.At("state.db")))
        {
            var kept = store.Add(new StoredJob { Name = "one", JobJson = "one 2 9", Workers = 2, Steps = 9 }) with
            {
                State = JobState.Running, Step = 5
            };
            store.Update(kept);
            store.SaveRequests(request switch
            {
                "stop" => kept with { Stop = new StopRequest(Save: true, "enough") },
                "pause" => kept with { IsPauseRequested = true },
                _ => kept with { Workers = 1 }
            });
            RecordedMember[] members = [.. Enumerable.Range(0, 2).Select(rank => new RecordedMember($"worker-{rank}", "1", "", "", ""))];
            store.Save(id = kept.Id, new JobRecord(4, RecordedState.Running, 2, 1, members, FirstStep: 3, Furthest: 5).ToJson());
        }

        await using var scene = new ServiceScene(folder.Path);
        var group = new GroupEpoch(new JobId(id), "learners", 4);
        for (var rank = 0; rank < 2; rank++)
        {
            var worker = await scene.Join($"worker-{rank}", hello => (hello.Assigned, hello.RoleRunning) = (group.At(5), true));
            var command = await worker.Command();
            Assert.Equal((4, true), (command.Identity.Epoch, command.Stop.Save));
            worker.End.Send(new WorkerEvent { Identity = group.At(6), Checkpoint = new CheckpointSaved { Directory = "runs/one/step-6" } });
            worker.End.Send(new WorkerEvent
            {
                Identity = group.At(6), Finished = new Finished { Stopped = true, Held = { ScriptedWorker.Part(6, 4, 2, rank) } }
            });
        }

        await scene.Job(id, job => job.State == becomes && (request != "scale" || job.WorkersHeld == 1));
        Assert.Equal(request == "scale" ? 1 : 2, scene.Registry.Find(id)!.Stored.Workers);
    }

    [Fact]
    public async Task Start_WithAStopRequestAndNoGroup_StopsTheJob()
    {
        using var folder = new TemporaryFolder();
        using (var store = new StateStore(folder.At("state.db")))
            store.SaveRequests(
                store.Add(new StoredJob { Name = "one", JobJson = "one 1 9", Workers = 1, Steps = 9 }) with
                {
                    Stop = new StopRequest(Save: true, "enough")
                });

        await using var scene = new ServiceScene(folder.Path);

        Assert.Equal((JobState.Stopped, "enough"), (scene.Registry.Jobs[0].State, scene.Store.Jobs()[0].Reason));
    }

    [Fact]
    public async Task Scale_OfARunningJob_ShowsTheTargetNumberOfWorkers()
    {
        await using var scene = new ServiceScene();
        var worker = await scene.Join("worker-0");
        var id = scene.Submit("one 1 9");
        await worker.Assigned();

        Assert.True(scene.Registry.Scale(id, 3));
        Assert.Equal((3, 3), (scene.Registry.Find(id)!.Stored.Workers, scene.Store.Jobs()[0].Workers));
        Assert.True(scene.Registry.Scale(id, 1000));
        Assert.Equal(16, scene.Registry.Find(id)!.Stored.Workers); // the number of sequences in a batch
        Assert.False(scene.Registry.Scale("nothing", 1));
    }

    [Fact]
    public async Task Start_WithAJobThatThisReleaseCannotRead_FailsItAndServesTheOthers()
    {
        using var folder = new TemporaryFolder();
        using (var store = new StateStore(folder.At("state.db")))
        {
            store.Add(new StoredJob { Name = "new", JobJson = "of a newer release, in other words", Workers = 1, Steps = 9 });
            store.Add(new StoredJob { Name = "one", JobJson = "one 1 9", Workers = 1, Steps = 9 });
        }

        await using var scene = new ServiceScene(folder.Path);

        Assert.Equal([JobState.Failed, JobState.Pending], scene.Registry.Jobs.Select(job => job.State));
        Assert.StartsWith("this release cannot read the job: The job has 1 mistake", scene.Store.Jobs()[0].Reason,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'{ \"Epoch\": 3, '")] // truncated
    [InlineData("'{ \"Epoch\": 3, \"State\": 1 }'")] // without members
    [InlineData("'[]'")]
    [InlineData("x'ff00ff'")] // a blob
    [InlineData("7")]
    public async Task Start_WithADamagedRecord_FailsThatJobAndServesTheOthers(string damaged)
    {
        using var folder = new TemporaryFolder();
        using (var store = new StateStore(folder.At("state.db")))
        {
            store.Update(store.Add(new StoredJob { Name = "one", JobJson = "one 1 9", Workers = 1, Steps = 9 }) with
            {
                State = JobState.Running, Step = 5
            });
            store.Add(new StoredJob { Name = "two", JobJson = "two 1 9", Workers = 1, Steps = 9 });
        }

        Damage(folder, $"record = {damaged}");

        await using var scene = new ServiceScene(folder.Path);

        Assert.Equal([JobState.Failed, JobState.Pending], scene.Store.Jobs().Select(job => job.State));
        Assert.StartsWith("the stored record of the job cannot be read: ", scene.Store.Jobs()[0].Reason, StringComparison.Ordinal);
        Assert.StartsWith("failed: the stored record of the job cannot be read: ", scene.Store.Events(scene.Store.Jobs()[0].Id)[^1].Text,
            StringComparison.Ordinal);
        Assert.Equal(1, (await (await scene.Join("worker-0")).Assigned()).World); // of the second job
    }

    [Fact]
    public async Task Start_WithAnUnknownState_FailsThatJobAndServesTheOthers()
    {
        using var folder = new TemporaryFolder();
        using (var store = new StateStore(folder.At("state.db")))
        {
            store.Add(new StoredJob { Name = "one", JobJson = "one 1 9", Workers = 1, Steps = 9 });
            store.Add(new StoredJob { Name = "two", JobJson = "two 1 9", Workers = 1, Steps = 9 });
        }

        Damage(folder, "state = 'Runing'");

        await using var scene = new ServiceScene(folder.Path);

        Assert.Equal([JobState.Failed, JobState.Pending], scene.Registry.Jobs.Select(job => job.State));
        Assert.Contains("its state is 'Runing'", scene.Registry.Jobs[0].Stored.Reason, StringComparison.Ordinal);
        Assert.Equal(1, (await (await scene.Join("worker-0")).Assigned()).World); // of the second job
    }

    [Fact]
    public async Task Log_Followed_HasEventsAndStepsInOrderAndEndsWithTheJob()
    {
        await using var scene = new ServiceScene();
        var worker = await scene.Join("worker-0");
        var id = scene.Submit("one 1 3");
        await worker.Assigned();
        var log = new List<LogEntry>();
        await foreach (var entry in scene.Log.ReadAsync(id, default, follow: true, TestContext.Current.CancellationToken))
        {
            log.Add(entry);
            if (entry.Event is { Kind: "state", Text: "running" }) worker.Step(1);
            if (entry.Step is { LastStep: 1 })
            {
                worker.Step(1); // a replay
                worker.Send(new WorkerEvent { Evaluation = new HeldOutScored { Loss = 2 } }, step: 1);
            }

            if (entry.Event is { Kind: "evaluation" })
            {
                worker.Step(2);
                worker.Finish();
            }
        }

        var kinds = log.Select(entry => entry.Event?.Kind ?? $"step {entry.Step!.LastStep}").ToArray();
        Assert.Equal(["submitted", "state", "worker_joined", "state", "plan", "state", "step 1", "evaluation", "step 2",
            "state", "outcome"], kinds);
        var rest = new List<LogEntry>();
        await foreach (var entry in scene.Log.ReadAsync(id, log[6].Cursor, follow: false, TestContext.Current.CancellationToken))
            rest.Add(entry);
        Assert.Equal(kinds[7..], rest.Select(entry => entry.Event?.Kind ?? $"step {entry.Step!.LastStep}"));
    }

    private static async Task RunAsync(IReadOnlyList<ScriptedWorker> workers, int steps)
    {
        foreach (var worker in workers) await worker.Assigned();
        foreach (var worker in workers)
        {
            for (var step = 1; step <= steps; step++) worker.Step(step);
            worker.Finish();
        }
    }

    // Changes the row of the first job.
    private static void Damage(TemporaryFolder folder, string change)
    {
        using var file = new SqliteConnection($"Data Source={folder.At("state.db")};Pooling=False");
        file.Open();
        using var command = file.CreateCommand();
        command.CommandText = $"UPDATE jobs SET {change} WHERE number = 1";
        Assert.Equal(1, command.ExecuteNonQuery());
    }
}
