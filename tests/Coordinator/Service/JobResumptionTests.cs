using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Tests.Service;

/// <summary>A job that lost its workers waits for others: with how many it resumes, from which state, and which steps are lost.</summary>
public sealed class JobResumptionTests
{
    [Fact]
    public async Task Job_WhoseSurvivorHoldsAllParts_IsSavedByTheSurvivorBeforeItWaits()
    {
        await using var scene = new ServiceScene();
        var (id, survivor) = await LoseOneOfTwo(scene, ScriptedWorker.Part(7, 1, 2, 0), ScriptedWorker.Part(7, 1, 2, 1));
        await SaveAlone(survivor);
        survivor.Send(new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = "runs/one/step-7" } }, step: 7);
        survivor.Finish(stopped: true);

        Assert.Equal((7, 0),
            (await scene.Job(id, job => job.State == JobState.Pending)).Stored is var kept
                ? (kept.CheckpointStep, kept.StepsLost) : default);
        Assert.Contains("from the recovery point of step 7 (1 step to replay, 0 lost)", await Epoch(scene, id), StringComparison.Ordinal);
        var another = await scene.Join("worker-2");
        Assert.Equal("runs/one/step-7", (await another.Assigned()).Start.Resume.Checkpoint);
    }

    [Fact]
    public async Task Job_WhoseSurvivorHoldsAllPartsAndCannotSave_ResumesFromItsRecoveryPoint()
    {
        await using var scene = new ServiceScene();
        HeldPart[] held = [ScriptedWorker.Part(7, 1, 2, 0), ScriptedWorker.Part(7, 1, 2, 1)];
        var (id, survivor) = await LoseOneOfTwo(scene, held);
        await SaveAlone(survivor);
        survivor.SaveFails("no room");
        survivor.Finish(stopped: true, held);
        await scene.Job(id, job => job.State == JobState.Pending);

        var another = await scene.Join("worker-2");
        var start = (await another.Assigned()).Start;

        Assert.Equal((7, 2), (start.Recover.Step, start.Recover.World));
        Assert.Equal([0, 0], start.Recover.Holders); // the survivor has both parts
        Assert.Equal(0, (await survivor.Assigned()).Rank);
        Assert.Equal(0, (await scene.Job(id, job => job.State == JobState.Running)).Stored.StepsLost);
    }

    [Fact]
    public async Task Job_WhoseRecoveryPointIsLost_CountsTheStepsThatItsCheckpointLacks()
    {
        await using var scene = new ServiceScene();
        var (id, _) = await LoseOneOfTwo(scene, ScriptedWorker.Part(7, 1, 2, 0));
        Assert.Equal(8, (await scene.Job(id, job => job.State == JobState.Pending)).Stored.Step);

        var another = await scene.Join("worker-2");
        var start = (await another.Assigned()).Start;

        Assert.Equal("runs/one/step-4", start.Resume.Checkpoint);
        Assert.Equal((4, 4),
            (await scene.Job(id, job => job.State == JobState.Running)) is var job ? (job.Stored.StepsLost, job.Stored.Step) : default);
        Assert.Contains("from runs/one/step-4 (0 steps to replay, 4 lost)", await Epoch(scene, id), StringComparison.Ordinal);
        Assert.Equal(4, scene.Registry.Running(id)!.Ledger.StepsLost);
    }

    [Fact]
    public async Task Job_WhoseCoordinatorAndWorkersWereKilled_CountsTheStepsThatItsCheckpointLacks()
    {
        using var folder = new TemporaryFolder();
        string id;
        using (var store = new StateStore(folder.At("state.db")))
        {
            var kept = store.Add(new StoredJob { Name = "one", JobJson = "one 2 900 1", Workers = 2, Steps = 900 });
            store.Update(kept with { State = JobState.Running, Step = 586, StepEpoch = 4, Checkpoint = "runs/one/step-400",
                CheckpointStep = 400 });
            RecordedMember[] members = [new("worker-0", "1", "", "", ""), new("worker-1", "1", "", "", "")];
            store.Save(id = kept.Id, new JobRecord(4, RecordedState.Running, 2, 1, members, FirstStep: 0, Furthest: 0).ToJson());
        }

        await using var scene = new ServiceScene(folder.Path);
        await AdvanceUntil(scene, id, JobState.Pending); // no worker returned
        var worker = await scene.Join("worker-2");
        await AdvanceUntil(scene, id, JobState.Running);

        Assert.Equal("runs/one/step-400", (await worker.Assigned()).Start.Resume.Checkpoint);
        Assert.Equal(186, (await scene.Job(id, job => job.State == JobState.Running)).Stored.StepsLost);
    }

    [Fact]
    public async Task Job_ThatHasRun_ResumesWithItsMinimumOfWorkersAfterItsWait_AndANewOneWaitsForAll()
    {
        await using var scene = new ServiceScene();
        ScriptedWorker[] workers = [await scene.Join("worker-0"), await scene.Join("worker-1")];
        var id = scene.Submit("one 2 9 1 30");
        foreach (var worker in workers) await worker.Assigned();
        workers[0].Step(1);
        await scene.Job(id, job => job.Stored.Step == 1);
        foreach (var worker in workers) await worker.Leave();
        await scene.Job(id, job => job.State == JobState.Recovering && job.WorkersHeld == 0);
        await AdvanceUntil(scene, id, JobState.Pending);
        var young = scene.Submit("two 2 9 1 30");

        var survivor = await scene.Join("worker-2");
        await scene.Job(id, job => job.State == JobState.Gathering);
        Assert.Equal(JobState.Pending, scene.Registry.Find(young)!.State);
        Assert.False(survivor.End.Commands.TryPeek(out _)); // the job still waits for others
        await AdvanceUntil(scene, id, JobState.Running);

        Assert.Equal(1, (await survivor.Assigned()).World);
        Assert.StartsWith("waits for 2 workers, ", scene.Registry.Find(young)!.Stored.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scale_DownAndUpAfterARestart_UsesTheSecondWorkerAgain()
    {
        using var folder = new TemporaryFolder();
        string id;
        using (var store = new StateStore(folder.At("state.db")))
        {
            var kept = store.Add(new StoredJob { Name = "one", JobJson = "one 2 9 1", Workers = 2, Steps = 9 });
            store.Update(kept with { State = JobState.Running, Step = 5, StepEpoch = 4 });
            RecordedMember[] members = [new("worker-0", "1", "", "", ""), new("worker-1", "1", "", "", "")];
            store.Save(id = kept.Id, new JobRecord(4, RecordedState.Running, 2, 1, members, FirstStep: 3, Furthest: 5).ToJson());
        }

        await using var scene = new ServiceScene(folder.Path);
        var group = new GroupEpoch(new JobId(id), "learners", 4);
        ScriptedWorker[] workers = [await Return(0), await Return(1)];
        scene.Registry.Scale(id, 1);
        for (var rank = 0; rank < 2; rank++)
        {
            Assert.True((await workers[rank].Command()).Stop.Save);
            workers[rank].End.Send(
                new WorkerEvent { Identity = group.At(6), Checkpoint = new CheckpointSaved { Directory = "runs/one/step-6" } });
            workers[rank].End.Send(new WorkerEvent { Identity = group.At(6), Finished = new Finished { Stopped = true } });
        }

        Assert.Equal(1, (await workers[0].Assigned()).World);
        await scene.Until(() => scene.Pool.Idle == 1);
        scene.Registry.Scale(id, 2);
        Assert.True((await workers[0].Command()).Stop.Leave); // the second worker joins the group at once
        workers[0].Finish(stopped: true, ScriptedWorker.Part(7, 5, 1, 0));

        Assert.Equal((2, 2), ((await workers[0].Assigned()).World, (await workers[1].Assigned()).World));

        Task<ScriptedWorker> Return(int rank) =>
            scene.Join($"worker-{rank}", hello => (hello.Assigned, hello.RoleRunning) = (group.At(5), true));
    }

    // Commits steps 1 to 8 with a checkpoint of step 4 and a complete recovery point of step 7. Then worker-1 is lost, and worker-0 ends
    // its role holding the given parts.
    private static async Task<(string Id, ScriptedWorker Survivor)> LoseOneOfTwo(ServiceScene scene, params HeldPart[] held)
    {
        ScriptedWorker[] workers = [await scene.Join("worker-0"), await scene.Join("worker-1")];
        var id = scene.Submit("one 2 9");
        foreach (var worker in workers) await worker.Assigned();
        workers[0].Step(4);
        workers[0].Send(new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = "runs/one/step-4" } }, step: 4);
        foreach (var worker in workers) worker.StepAndPoint(7);
        workers[0].Step(8);
        await scene.Job(id, job => job.Stored.Step == 8);

        await workers[1].Leave();
        await workers[0].Command();
        workers[0].Finish(stopped: true, held);
        return (id, workers[0]);
    }

    private static async Task SaveAlone(ScriptedWorker survivor)
    {
        var plan = await survivor.Assigned();
        Assert.Equal((7, 1), (plan.Start.Recover.Step, plan.World));
        Assert.True((await survivor.Command()).Stop.Save);
    }

    private static async Task<string> Epoch(ServiceScene scene, string id)
    {
        await scene.Job(id, _ => scene.Store.Events(id).Any(each => each.Kind == "epoch"));
        return scene.Store.Events(id).Last(each => each.Kind == "epoch").Text;
    }

    // The job's own thread arms the timeout, so the clock is advanced until it has passed.
    private static async Task AdvanceUntil(ServiceScene scene, string id, JobState state)
    {
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (scene.Registry.Find(id)!.State != state)
        {
            scene.Time.Advance(TimeSpan.FromSeconds(30));
            await looks.WaitForNextTickAsync(bound.Token);
        }
    }
}
