using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Jobs;

/// <summary>Tests workers that are asked to leave a running job, and checkpoints that are requested while the job continues.</summary>
public sealed class JobLeavingTests
{
    private static readonly RecoveryPolicy Policy = new() { ReplacementTimeout = TimeSpan.Zero };

    [Fact]
    public async Task Leaving_OthersAreEnough_HandsItsRecoveryPointOverAndIsDismissed()
    {
        var scene = await Scene.Recovering(2, Policy);
        var (stays, leaves) = (scene.Workers[0], scene.Workers[1]);
        AskToLeave(leaves);
        Assert.True((await stays.Command()).Stop.Leave);
        Assert.True((await leaves.Command()).Stop.Leave);
        foreach (var worker in scene.Workers) End(worker, step: 1, Parts(step: 1));

        var plan = await stays.Assigned();

        Assert.Equal((1, 1), (plan.World, (int)plan.Start.Recover.Step));
        await leaves.Dismissed();
        var began = await scene.Notices.Next<EpochBegan>();
        Assert.Equal((0, 0), (began.Replayed, began.Lost));
    }

    [Fact]
    public async Task Leaving_ASpareIsPresent_TakesItsRank()
    {
        var scene = await Scene.Recovering(2, Policy with { MinWorkers = 2, Spares = 1 });
        AskToLeave(scene.Workers[1]);
        foreach (var worker in scene.Workers[..2])
        {
            Assert.True((await worker.Command()).Stop.Leave);
            End(worker, step: 1, Parts(step: 1));
        }

        Assert.Equal(["worker-0", "worker-2"], (await scene.Workers[0].Assigned()).Members.Select(member => member.Name));
        await scene.Workers[1].Dismissed();
    }

    [Fact]
    public async Task Leaving_TooFewWouldStay_TakesPartInASaveFirst()
    {
        var scene = await Scene.Recovering(2, Policy with { MinWorkers = 2 });
        AskToLeave(scene.Workers[1]);
        foreach (var worker in scene.Workers) Assert.True((await worker.Command()).Stop.Save);
        scene.Workers[0].Send(new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = "runs/ledger/step-1" } }, step: 1);
        foreach (var worker in scene.Workers) End(worker, step: 1);

        var outcome = await scene.Outcome();

        Assert.Equal((JobState.Failed, true, 1L), (outcome.State, outcome.IsShortOfWorkers, outcome.Step));
        await scene.Workers[1].Dismissed();
    }

    [Fact]
    public async Task Leaving_AllWorkersAfterTheGroupAgreedToContinueWithoutOne_FormAGroupOnceMoreToSave()
    {
        var scene = await Scene.Recovering(2, Policy);
        AskToLeave(scene.Workers[0]);
        foreach (var worker in scene.Workers) Assert.True((await worker.Command()).Stop.Leave);
        AskToLeave(scene.Workers[1]);
        foreach (var worker in scene.Workers) Assert.True((await worker.Command()).Stop.Save); // too late: the ranks have already agreed
        foreach (var worker in scene.Workers) End(worker, step: 1, Parts(step: 1));

        foreach (var worker in scene.Workers)
        {
            Assert.Equal((2, 1), ((await worker.Assigned()).World, (int)worker.Plan!.Start.Recover.Step));
            Assert.True((await worker.Command()).Stop.Save);
        }

        scene.Workers[0].Send(new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = "runs/ledger/step-2" } }, step: 2);
        foreach (var worker in scene.Workers) End(worker, step: 2);
        Assert.Equal((true, 2L), ((await scene.Outcome()).IsShortOfWorkers, (await scene.Outcome()).Step));
    }

    [Fact]
    public async Task Stopped_WhileAReplacementIsAwaited_SavesWithTheRemainingWorkers()
    {
        var scene = await Scene.Recovering(2, Policy with { MinWorkers = 2, ReplacementTimeout = TimeSpan.FromSeconds(30) });
        await scene.Workers[1].Leave();
        await scene.Workers[0].LeavesWith(step: 1, world: 2);
        await scene.Notices.Next<ReplacementAwaited>();
        scene.Coordinator.RequestStop(save: true, "interrupted");
        var asked = scene.Coordinator.RequestSave();
        Assert.Equal(Scene.Options.StopTimeout, (await scene.Notices.Next<ReplacementAwaited>()).Wait);
        scene.Time.Advance(Scene.Options.StopTimeout);

        await scene.Workers[0].Assigned();
        Assert.Equal(1, scene.Workers[0].Plan!.World);
        while ((await scene.Workers[0].Command()).Stop is not { Save: true }) { }
        scene.Workers[0].Send(new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = "runs/ledger/step-2" } }, step: 2);
        End(scene.Workers[0], step: 2);
        Assert.Equal((JobState.Stopped, "interrupted"), ((await scene.Outcome()).State, (await scene.Outcome()).Reason));
        Assert.Null(await asked);
    }

    [Fact]
    public async Task RequestSave_WhileRunning_AsksOneRankAndCompletesWithThatCheckpoint()
    {
        var scene = await Scene.Recovering(2, Policy);
        scene.Workers[0].Step(1);
        await scene.Notices.Next<RankReported>(report => report.Event.Step is not null);

        var asked = scene.Coordinator.RequestSave();

        Assert.NotNull((await scene.Workers[0].Command()).SaveCheckpoint);
        scene.Workers[0].Send(new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = "runs/ledger/step-2" } }, step: 2);
        Assert.Null(await asked.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        scene.Workers[0].Send(new WorkerEvent { SaveFailed = new SaveFailed { Message = "the disk is full" } }, step: 2);
        var second = scene.Coordinator.RequestSave();
        Assert.NotNull((await scene.Workers[0].Command()).SaveCheckpoint);
        scene.Workers[0].Send(new WorkerEvent { SaveFailed = new SaveFailed { Message = "the disk is full" } }, step: 3);
        Assert.Equal("the disk is full", await second.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    private static void AskToLeave(ScriptedWorker worker) => worker.End.Send(new WorkerEvent { Leaving = new Leaving() });

    private static HeldPart[] Parts(long step) => [ScriptedWorker.Part(step, 1, 2, 0), ScriptedWorker.Part(step, 1, 2, 1)];

    private static void End(ScriptedWorker worker, long step, params HeldPart[] held)
    {
        worker.Step(step);
        worker.Finish(stopped: true, held);
    }
}
