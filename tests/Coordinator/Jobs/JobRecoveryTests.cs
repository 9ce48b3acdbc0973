using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Jobs;

/// <summary>Tests which workers continue, and from which state, after a worker is lost, returns or joins.</summary>
public sealed class JobRecoveryTests
{
    private static readonly RecoveryPolicy Policy = new() { ReplacementTimeout = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task Lost_WithASpare_TheSpareTakesItsRankAndAllResumeFromTheRecoveryPoint()
    {
        var scene = await Scene.Recovering(4, Policy with { Spares = 1 });
        foreach (var worker in scene.Workers.Take(4)) worker.Step(2);

        await scene.Workers[2].Leave();
        foreach (var rank in new[] { 0, 1, 3 }) await scene.Workers[rank].LeavesWith(step: 1);

        foreach (var rank in new[] { 0, 1, 3 }) Assert.Equal(rank, (await scene.Workers[rank].Assigned()).Rank);
        var plan = await scene.Workers[4].Assigned();
        Assert.Equal((2, 4), (plan.Rank, plan.World));
        Assert.Equal((1L, 1L, 4), (plan.Start.Recover.Epoch, plan.Start.Recover.Step, plan.Start.Recover.World));
        Assert.Equal([0, 1, 3, 3], plan.Start.Recover.Holders); // the buddy holds the part of the lost rank
        var epoch = await scene.Notices.Next<EpochBegan>();
        Assert.Equal((2L, 4, 1L, 1L, 0L), (epoch.Epoch, epoch.Workers, epoch.FromStep, epoch.Replayed, epoch.Lost));
    }

    [Fact]
    public async Task Lost_ReturnsInTime_GetsItsPreviousRank()
    {
        var scene = await Scene.Recovering(4, Policy);
        await scene.Workers[1].Leave();
        foreach (var rank in new[] { 0, 2, 3 }) await scene.Workers[rank].LeavesWith(step: 1);

        var again = scene.Join("worker-1");

        Assert.Equal((1, 4), ((await again.Assigned()).Rank, again.Plan!.World));
    }

    [Fact]
    public async Task Lost_NoReplacementJoins_ContinuesWithFewerRanksAndUnevenShares()
    {
        var scene = await Scene.Recovering(4, Policy);
        await scene.Workers[1].Leave();
        foreach (var rank in new[] { 0, 2, 3 }) await scene.Workers[rank].LeavesWith(step: 1);
        await scene.Notices.Next<ReplacementAwaited>(awaited => awaited.Missing == 1);

        scene.Time.Advance(Policy.ReplacementTimeout);

        int[] ranks = [(await scene.Workers[0].Assigned()).Rank, (await scene.Workers[2].Assigned()).Rank,
            (await scene.Workers[3].Assigned()).Rank];
        Assert.Equal([0, 1, 2], ranks);
        var plan = scene.Workers[0].Plan!;
        Assert.Equal([6, 5, 5], plan.Placement[0].Ranks.Select(rank => rank.Experts.Count));
        Assert.Equal([0, 1, 1, 2], plan.Start.Recover.Holders);
    }

    [Fact]
    public async Task Lost_OwnerAndBuddy_ResumesFromTheCheckpointAndCountsTheLoss()
    {
        var scene = await Scene.Recovering(4, Policy with { Spares = 2 });
        foreach (var worker in scene.Workers.Take(4)) worker.StepAndPoint(2);
        foreach (var worker in scene.Workers.Take(4)) worker.Step(3);
        scene.Workers[0].Send(new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = "runs/x/step-00000001" } }, step: 1);
        await scene.Notices.Next<RankReported>(report => report.Event.EventCase == WorkerEvent.EventOneofCase.Checkpoint);

        await scene.Workers[1].Leave();
        await scene.Workers[2].Leave();
        foreach (var rank in new[] { 0, 3 }) await scene.Workers[rank].LeavesWith(step: 2);

        Assert.Equal("runs/x/step-00000001", (await scene.Workers[4].Assigned()).Start.Resume.Checkpoint);
        var epoch = await scene.Notices.Next<EpochBegan>();
        Assert.Equal((1L, 0L, 2L), (epoch.FromStep, epoch.Replayed, epoch.Lost));
    }

    [Fact]
    public async Task Lost_BeforeTheFirstRecoveryPoint_CountsNoLostSteps()
    {
        var scene = await Scene.Recovering(2, Policy with { Spares = 1 });
        foreach (var worker in scene.Workers.Take(2)) worker.Step(1);
        await scene.Workers[1].Leave();
        await scene.Workers[0].Command();
        scene.Workers[0].Finish(stopped: true);

        await scene.Workers[2].Assigned();
        var epoch = await scene.Notices.Next<EpochBegan>();

        Assert.Equal((0L, 1L, 0L), (epoch.FromStep, epoch.Replayed, epoch.Lost));
    }

    [Fact]
    public async Task Lost_TwiceFromOneRecoveryPoint_CountsReplayedStepsOnce()
    {
        var scene = await Scene.Recovering(1, Policy);
        scene.Workers[0].StepAndPoint(1);
        scene.Workers[0].Step(3);
        scene.Workers[0].Fail("it broke", kind: FailureKind.FailureTransient, held: ScriptedWorker.Part(1, 1, 1, 0));
        await scene.Workers[0].Assigned();
        scene.Workers[0].Step(2);
        scene.Workers[0].Fail("it broke", kind: FailureKind.FailureTransient, held: ScriptedWorker.Part(1, 1, 1, 0));

        Assert.Equal(2, (await scene.Notices.Next<EpochBegan>()).Replayed);
        Assert.Equal(1, (await scene.Notices.Next<EpochBegan>()).Replayed);
    }

    [Fact]
    public async Task Outcome_AfterALoss_HasTheStepOfTheLastEpoch()
    {
        var scene = await Scene.Recovering(1, Policy);
        scene.Workers[0].Step(3);
        scene.Workers[0].Fail("it broke", kind: FailureKind.FailureTransient);
        await scene.Workers[0].Assigned();
        scene.Coordinator.RequestStop(save: true, "interrupted");
        scene.Workers[0].Step(1);
        scene.Workers[0].Finish(stopped: true);

        Assert.Equal((JobState.Stopped, 1L), ((await scene.Outcome()).State, (await scene.Outcome()).Step));
    }

    [Fact]
    public async Task RecoveryPoints_OnlyTheNewestCompleteOneIsUsed()
    {
        var scene = await Scene.Recovering(2, Policy with { Spares = 1 });
        await scene.Workers[1].Leave();
        await scene.Workers[0].Command();
        scene.Workers[0].Finish(stopped: true, ScriptedWorker.Part(3, 1, 2, 0), ScriptedWorker.Part(2, 1, 2, 0),
            ScriptedWorker.Part(2, 1, 2, 1));

        Assert.Equal(2, (await scene.Workers[2].Assigned()).Start.Recover.Step);
    }

    [Fact]
    public async Task Failed_Transiently_TheSameWorkersContinue()
    {
        var scene = await Scene.Recovering(2, Policy);

        scene.Workers[0].Fail("rank 1 was lost", becauseOf: 1, FailureKind.FailureTransient);
        await scene.Workers[1].Command();
        scene.Workers[1].Fail("a defect", kind: FailureKind.FailureTransient);

        Assert.Equal(0, (await scene.Workers[0].Assigned()).Rank);
        Assert.Equal(1, (await scene.Workers[1].Assigned()).Rank);
        Assert.Equal("rank 1 was lost", (await scene.Notices.Next<RecoveryBegan>()).Failure.Reason);
    }

    [Fact]
    public async Task Failed_Fatally_EndsTheJob()
    {
        var scene = await Scene.Recovering(2, Policy);

        scene.Workers[1].Fail("the key is misspelt");
        await scene.Workers[0].Command();
        scene.Workers[0].Finish(stopped: true);

        Assert.Equal((JobState.Failed, "rank 1: the key is misspelt", 1),
            ((await scene.Outcome()).State, (await scene.Outcome()).Reason, (await scene.Outcome()).ExitStatus));
    }

    [Fact]
    public async Task NotFinite_IsTriedOnceMoreAndThenReported()
    {
        var scene = await Scene.Recovering(1, Policy);
        scene.Workers[0].Step(1);
        scene.Workers[0].Fail("Step 2: the loss is not finite", kind: FailureKind.FailureNotFinite);
        await scene.Workers[0].Assigned();
        scene.Workers[0].Step(1);

        scene.Workers[0].Fail("Step 2: the loss is not finite", kind: FailureKind.FailureNotFinite);

        Assert.Equal("rank 0: Step 2: the loss is not finite", (await scene.Outcome()).Reason);
    }

    [Fact]
    public async Task NotFinite_ReportedAfterAConsequence_IsStillTriedOnlyOnceMore()
    {
        var scene = await Scene.Recovering(2, Policy);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            scene.Workers[0].Fail("rank 1 was lost", becauseOf: 1, FailureKind.FailureTransient);
            await scene.Workers[1].Command();
            scene.Workers[1].Fail("Step 1: the loss is not finite", kind: FailureKind.FailureNotFinite);
            if (attempt == 0)
                foreach (var worker in scene.Workers) await worker.Assigned();
        }

        Assert.Equal("rank 1: Step 1: the loss is not finite", (await scene.Outcome()).Reason);
    }

    [Fact]
    public async Task Recoveries_ThreeWithoutANewStep_EndTheJobWithItsOwnStatus()
    {
        var scene = await Scene.Recovering(1, Policy);
        for (var recovery = 0; recovery < 3; recovery++)
        {
            scene.Workers[0].Fail("it broke", kind: FailureKind.FailureTransient);
            await scene.Workers[0].Assigned();
        }

        scene.Workers[0].Fail("it broke", kind: FailureKind.FailureTransient);
        var outcome = await scene.Outcome();

        Assert.Equal((3, "rank 0: it broke; 3 recoveries in a row have led to no new step"), (outcome.ExitStatus, outcome.Reason));
    }

    [Fact]
    public async Task Recoveries_WithStepsInBetween_NeverEndTheJob()
    {
        var scene = await Scene.Recovering(1, Policy);
        for (var step = 1; step <= 8; step++)
        {
            scene.Workers[0].Step(step);
            scene.Workers[0].Fail("it broke", kind: FailureKind.FailureTransient);
            await scene.Workers[0].Assigned();
        }

        Assert.DoesNotContain(JobState.Failed, scene.Notices.States);
    }

    [Fact]
    public async Task Fenced_AMemberThatDoesNotLeave_IsLostToo()
    {
        var scene = await Scene.Recovering(4, Policy with { Spares = 2 });
        await scene.Workers[0].Leave();
        foreach (var rank in new[] { 1, 2 }) await scene.Workers[rank].LeavesWith(step: 1);
        await scene.Workers[3].Command();
        for (var left = 0; left < 2; left++) await scene.Notices.Next<RankReported>();

        scene.Time.Advance(Scene.Options.FenceTimeout);

        Assert.Equal(0, (await scene.Workers[4].Assigned()).Rank);
        Assert.Equal(3, (await scene.Workers[5].Assigned()).Rank);
    }

    [Fact]
    public async Task Joined_AfterALoss_TheJobGrowsWithoutAReplay()
    {
        var scene = await Scene.Recovering(2, Policy with { ReplacementTimeout = TimeSpan.Zero });
        await scene.Workers[1].Leave();
        await scene.Workers[0].LeavesWith(step: 0, world: 2);
        Assert.Equal(1, (await scene.Workers[0].Assigned()).World);
        scene.Workers[0].Step(5);

        var again = scene.Join("worker-1");
        Assert.True((await scene.Workers[0].Command()).Stop.Leave);
        scene.Workers[0].Step(6);
        scene.Workers[0].Finish(stopped: true, ScriptedWorker.Part(6, 2, 1, 0));

        Assert.Equal((2, 6L), ((await again.Assigned()).World, again.Plan!.Start.Recover.Step));
        Assert.Equal(0, (await scene.Notices.Next<EpochBegan>(epoch => epoch.Epoch == 3)).Replayed);
    }

    [Fact]
    public async Task Scaled_Down_ResumesFromACheckpoint()
    {
        var scene = await Scene.Recovering(4, Policy);
        scene.Coordinator.RequestScale(2);
        foreach (var worker in scene.Workers)
        {
            Assert.True((await worker.Command()).Stop.Save);
            if (worker == scene.Workers[0])
                worker.Send(new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = "there" } }, step: 3);
            worker.Finish(stopped: true);
        }

        Assert.Equal((2, "there"), ((await scene.Workers[0].Assigned()).World, scene.Workers[0].Plan!.Start.Resume.Checkpoint));
        Assert.Equal(1, (await scene.Workers[1].Assigned()).Rank);
    }

    [Fact]
    public async Task Paused_AndResumed_ResumesFromItsCheckpoint()
    {
        var scene = await Scene.Recovering(1, Policy);
        scene.Coordinator.RequestPause();
        Assert.True((await scene.Workers[0].Command()).Stop.Save);
        scene.Workers[0].Send(new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = "there" } }, step: 3);
        scene.Workers[0].Finish(stopped: true);
        await scene.Notices.Next<StateChanged>(change => change.To == JobState.Paused);

        scene.Coordinator.RequestResume();

        Assert.Equal("there", (await scene.Workers[0].Assigned()).Start.Resume.Checkpoint);
    }

    [Fact]
    public async Task StopAsked_WhileRecovering_TheGroupFormsOnceMoreToSave()
    {
        var scene = await Scene.Recovering(2, Policy);
        await scene.Workers[1].Leave();
        await scene.Workers[0].LeavesWith(step: 1, world: 2);
        scene.Coordinator.RequestStop(save: true, "interrupted");
        var again = scene.Join("worker-1");

        foreach (var worker in new[] { scene.Workers[0], again })
        {
            await worker.Assigned();
            Assert.True((await worker.Command()).Stop.Save);
            worker.Finish(stopped: true);
        }

        Assert.Equal((JobState.Stopped, "interrupted"), ((await scene.Outcome()).State, (await scene.Outcome()).Reason));
    }

    [Fact]
    public async Task Lost_WithACheckpointThatWasDeletedForALaterOne_ResumesFromTheLaterOne()
    {
        var scene = await Scene.Recovering(1, Policy with { Spares = 1 });
        scene.Workers[0].Step(1);
        scene.Workers[0].Send(new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = "runs/ledger/step-1" } }, step: 1);
        await scene.Notices.Next<RankReported>(report => report.Event.Checkpoint is not null);
        (scene.Checkpoints.Latest, _) = (new CommittedCheckpoint("runs/ledger/step-2", 2),
            scene.Checkpoints.Gone.Add("runs/ledger/step-1"));

        await scene.Workers[0].Leave();

        Assert.Equal("runs/ledger/step-2", (await scene.Workers[1].Assigned()).Start.Resume.Checkpoint);
        var began = await scene.Notices.Next<EpochBegan>();
        // Step 2 was committed too, because there is a checkpoint of it.
        Assert.Equal((2, 0, 0), (began.FromStep, began.Replayed, began.Lost));
    }

    [Fact]
    public async Task Lost_WithARecoveryPointBeyondTheReportedSteps_ReplaysNothing()
    {
        var scene = await Scene.Recovering(2, Policy with { Spares = 1 });
        scene.Workers[0].Step(1);
        await scene.Workers[1].Leave();
        await scene.Workers[0].LeavesWith(step: 2, world: 2);

        var began = await scene.Notices.Next<EpochBegan>();

        Assert.Equal((2, 0, 0), (began.FromStep, began.Replayed, began.Lost));
    }

    [Fact]
    public async Task Lost_Replicas_TheRemainingRanksShareTheExperts()
    {
        var scene = await Scene.Recovering(4, Policy with { ReplacementTimeout = TimeSpan.Zero }, replicas: 2);
        await scene.Workers[3].Leave();
        foreach (var rank in new[] { 0, 1, 2 }) await scene.Workers[rank].LeavesWith(step: 1);

        var plan = await scene.Workers[0].Assigned();
        Assert.Equal((3, 1), (plan.World, plan.Replicas));
    }

    [Fact]
    public async Task Lost_TooManyWorkers_SavesTheStateAndFails()
    {
        var scene = await LoseOneOfTwo();
        scene.Workers[0].Send(new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = "step-1" } }, step: 1);
        scene.Workers[0].Finish(stopped: true);

        var outcome = await scene.Outcome();
        Assert.Equal((JobState.Failed, true, 1), (outcome.State, outcome.IsShortOfWorkers, outcome.Step));
        Assert.Equal("rank 1 (worker-1) was lost; 1 worker is left, and at least 2 are needed", outcome.Reason);
    }

    [Fact]
    public async Task Lost_TooManyWorkersAndTheSaveFails_FailsAfterOneAttempt()
    {
        var scene = await LoseOneOfTwo();
        scene.Workers[0].SaveFails("no room");
        scene.Workers[0].Finish(stopped: true, ScriptedWorker.Part(1, 1, 2, 0), ScriptedWorker.Part(1, 1, 2, 1));

        Assert.Equal("rank 1 (worker-1) was lost; 1 worker is left, and at least 2 are needed", (await scene.Outcome()).Reason);
    }

    [Fact]
    public async Task Lost_TooManyWorkersAndOneJoinsDuringTheSave_Continues()
    {
        var scene = await LoseOneOfTwo();
        var another = scene.Join("worker-2");
        scene.Workers[0].Send(new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = "step-1" } }, step: 1);
        scene.Workers[0].Finish(stopped: true);

        Assert.Equal(2, (await another.Assigned()).World);
    }

    [Fact]
    public async Task Stop_RanksEndWithoutTheRequestedCheckpoint_FormAGroupOnceMoreToSave()
    {
        var scene = await Scene.Recovering(2, Policy);
        scene.Coordinator.RequestStop(save: true, "interrupted");
        foreach (var worker in scene.Workers)
        {
            Assert.True((await worker.Command()).Stop.Save);
            var rank = worker.Plan!.Rank;
            worker.Finish(stopped: true, ScriptedWorker.Part(1, 1, 2, rank), ScriptedWorker.Part(1, 1, 2, 1 - rank));
        }

        foreach (var worker in scene.Workers)
        {
            Assert.Equal(1, (await worker.Assigned()).Start.Recover.Step);
            Assert.True((await worker.Command()).Stop.Save);
        }

        scene.Workers[0].Send(new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = "step-1" } }, step: 1);
        foreach (var worker in scene.Workers) worker.Finish(stopped: true);

        var outcome = await scene.Outcome();
        Assert.Equal((JobState.Stopped, "interrupted", 1L), (outcome.State, outcome.Reason, outcome.Step));
    }

    // The remaining worker holds the complete state of step 1 and is ordered to save it alone.
    private static async Task<Scene> LoseOneOfTwo()
    {
        var scene = await Scene.Recovering(2, Policy with { ReplacementTimeout = TimeSpan.Zero, MinWorkers = 2 });
        await scene.Workers[1].Leave();
        await scene.Workers[0].LeavesWith(step: 1, world: 2);
        Assert.Equal((1, 1), (await scene.Workers[0].Assigned()) is var plan ? (plan.World, plan.Start.Recover.Step) : default);
        Assert.True((await scene.Workers[0].Command()).Stop.Save);
        return scene;
    }
}
