using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.LocalClusters.Threads;
using Distributed.Planning;
using Distributed.Planning.Placement;
using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Jobs;

public sealed class JobCoordinatorTests
{
    [Fact]
    public async Task Job_AllRanksFinish_IsCompletedThroughEveryState()
    {
        var scene = await Scene.Running(workers: 3);

        foreach (var worker in scene.Workers) worker.Step(3);
        foreach (var worker in scene.Workers) worker.Finish();
        var outcome = await scene.Outcome();

        Assert.Equal(new JobOutcome(JobState.Completed, "all 3 steps are done", null, Step: 3), outcome with { Ledger = null });
        Assert.Equal(0, outcome.ExitStatus);
        Assert.Equal([JobState.Gathering, JobState.Planning, JobState.Running, JobState.Ending, JobState.Completed], scene.Notices.States);
    }

    [Fact]
    public async Task Plan_WorkersInAnyOrder_RanksFollowTheirNames()
    {
        var scene = await Scene.Running(workers: 12);

        Assert.Equal(Enumerable.Range(0, 12), scene.Workers.Select(worker => worker.Plan!.Rank));
        Assert.All(scene.Workers, worker => Assert.Equal(12, worker.Plan!.World));
        var layer = scene.Workers[0].Plan!.Placement[1];
        Assert.Equal(2, layer.Layer);
        Assert.Equal(Enumerable.Range(0, 16), layer.Ranks.SelectMany(rank => rank.Experts));
        Assert.Equal(Start.FromOneofCase.Fresh, scene.Workers[0].Plan!.Start.FromCase);
    }

    [Fact]
    public async Task Plan_OfAResumedJob_NamesTheCheckpoint()
    {
        var scene = await Scene.Running(workers: 2, checkpoint: "runs/x/step-00000007", firstStep: 7);

        Assert.Equal("runs/x/step-00000007", scene.Workers[1].Plan!.Start.Resume.Checkpoint);
    }

    [Fact]
    public async Task Gathering_TooFewWorkersInTime_FailsWithTheirNumber()
    {
        var scene = Scene.Gathering(workers: 3);
        scene.Workers[0].Hello();
        await scene.Notices.Next<WorkerArrived>();

        scene.Time.Advance(Scene.Options.GatherTimeout);
        var outcome = await scene.Outcome();

        Assert.Equal((JobState.Failed, "only 1 of 3 workers joined within 10 s", 1), (outcome.State, outcome.Reason, outcome.ExitStatus));
    }

    [Fact]
    public async Task Gathering_StopAsked_IsStoppedAtOnce()
    {
        var scene = Scene.Gathering(workers: 1);
        scene.Coordinator.RequestStop(save: false, "changed my mind");

        var outcome = await scene.Outcome();

        Assert.Equal((JobState.Stopped, "changed my mind", 130), (outcome.State, outcome.Reason, outcome.ExitStatus));
    }

    [Fact]
    public async Task Gathering_WorkerLeaves_IsNoLongerCounted()
    {
        var scene = Scene.Gathering(workers: 2);
        scene.Workers[0].Hello();
        await scene.Notices.Next<WorkerArrived>(arrival => arrival.Present == 1);
        await scene.Workers[0].Leave();
        await scene.Notices.Next<WorkerLeft>(left => left.Present == 0);
        var another = new ScriptedWorker("worker-0");
        scene.Coordinator.Attach(another.Link.Coordinator);

        scene.Workers[1].Hello();
        another.Hello();

        Assert.Equal(2, (await another.Assigned()).World);
    }

    [Fact]
    public async Task Planning_MoreWorkersThanExperts_Fails()
    {
        var scene = Scene.Gathering(workers: 3, experts: 2);
        foreach (var worker in scene.Workers) worker.Hello();

        var outcome = await scene.Outcome();

        Assert.Equal(JobState.Failed, outcome.State);
        Assert.Contains("2 experts cannot be placed on 3 ranks", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Running_RankFails_OthersAreStoppedAndTheOutcomeNamesTheRank()
    {
        var scene = await Scene.Running(workers: 3);

        scene.Workers[1].Fail("the disk is full");
        var stop = await scene.Workers[0].Command();
        Assert.False(stop.Stop.Save);
        Assert.Equal("rank 1: the disk is full", stop.Stop.Reason);
        scene.Workers[0].Finish(stopped: true);
        scene.Workers[2].Fail("the exchange was aborted", becauseOf: 1);
        var outcome = await scene.Outcome();

        Assert.Equal((JobState.Failed, "rank 1: the disk is full", 1, 1),
            (outcome.State, outcome.Reason, outcome.Culprit, outcome.ExitStatus));
    }

    [Fact]
    public async Task Running_ConsequenceArrivesBeforeItsCause_TheOutcomeNamesTheCause()
    {
        var scene = await Scene.Running(workers: 2);

        scene.Workers[0].Fail("the exchange was aborted", becauseOf: 1);
        scene.Workers[1].Fail("the loss is not finite");
        var outcome = await scene.Outcome();

        Assert.Equal(("rank 1: the loss is not finite", 1), (outcome.Reason, outcome.Culprit));
    }

    [Fact]
    public async Task Running_OnlyConsequences_TheOutcomeNamesTheRankAtFault()
    {
        var scene = await Scene.Running(workers: 2);

        scene.Workers[0].Fail("rank 1 did not arrive", becauseOf: 1);
        await scene.Notices.Next<StateChanged>(change => change.To == JobState.Ending);
        scene.Time.Advance(Scene.Options.EndTimeout);
        var outcome = await scene.Outcome();

        Assert.Equal(1, outcome.Culprit);
        Assert.Equal("rank 1 did not arrive; rank 1 did not end within 20 s", outcome.Reason);
    }

    [Fact]
    public async Task Running_WorkerLeaves_Fails()
    {
        var scene = await Scene.Running(workers: 2);

        await scene.Workers[1].Leave();
        Assert.False((await scene.Workers[0].Command()).Stop.Save);
        scene.Workers[0].Finish(stopped: true);
        var outcome = await scene.Outcome();

        Assert.Equal((JobState.Failed, "rank 1 (worker-1) was lost", 1), (outcome.State, outcome.Reason, outcome.Culprit));
    }

    [Fact]
    public async Task Running_StopAsked_RanksSaveAndTheJobIsStopped()
    {
        var scene = await Scene.Running(workers: 2);

        scene.Coordinator.RequestStop(save: true, "interrupted");
        foreach (var worker in scene.Workers)
        {
            Assert.True((await worker.Command()).Stop.Save);
            worker.Step(2);
            worker.Finish(stopped: true);
        }

        Assert.Equal(new JobOutcome(JobState.Stopped, "interrupted", null, Step: 2), await scene.Outcome() with { Ledger = null });
    }

    [Fact]
    public async Task Ending_RankDoesNotEndInTime_FailsAndNamesIt()
    {
        var scene = await Scene.Running(workers: 2);

        scene.Coordinator.RequestStop(save: true, "interrupted");
        await scene.Workers[0].Command();
        scene.Workers[0].Finish(stopped: true);
        await scene.Notices.Next<RankReported>(report => report.Event.EventCase == WorkerEvent.EventOneofCase.Finished);
        scene.Time.Advance(Scene.Options.EndTimeout);
        var outcome = await scene.Outcome();

        Assert.Equal((JobState.Failed, "rank 1 did not end within 20 s", 1), (outcome.State, outcome.Reason, outcome.Culprit));
    }

    [Fact]
    public async Task Running_Silence_FailsTheJob()
    {
        var scene = await Scene.Running(workers: 1);
        scene.Time.Advance(TimeSpan.FromSeconds(60));
        scene.Workers[0].Step(1);
        await scene.Notices.Next<RankReported>();
        scene.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.DoesNotContain(JobState.Ending, scene.Notices.States); // a report restarts the timeout

        scene.Time.Advance(TimeSpan.FromSeconds(40));
        await scene.Workers[0].Command();
        scene.Workers[0].Finish(stopped: true);
        var outcome = await scene.Outcome();

        Assert.Equal((JobState.Failed, "no rank has reported anything for 1.7 min"), (outcome.State, outcome.Reason));
    }

    [Fact]
    public async Task Report_OfAnotherEpoch_IsDropped()
    {
        var scene = await Scene.Running(workers: 1);

        scene.Workers[0].Send(new WorkerEvent { Failed = new Failed { Message = "from an earlier epoch" } }, epoch: 0);
        scene.Workers[0].Step(3);
        scene.Workers[0].Finish();

        Assert.Equal(JobState.Completed, (await scene.Outcome()).State);
    }

    [Fact]
    public async Task Running_RanksHaveDifferentTexts_FailsNamingBoth()
    {
        var scene = await Scene.Running(workers: 2);

        scene.Workers[0].Send(new WorkerEvent { Ready = new Ready { Text = "a1" } });
        await scene.Notices.Next<RankReported>();
        scene.Workers[1].Send(new WorkerEvent { Ready = new Ready { Text = "b2" } });
        foreach (var worker in scene.Workers)
        {
            Assert.False((await worker.Command()).Stop.Save);
            worker.Finish(stopped: true);
        }

        Assert.StartsWith(
            "worker-1 has a different training text than worker-0: its corpus or tokenizer differs (b2 instead of a1)",
            (await scene.Outcome()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Running_ARankIsSlowInItsOwnWork_IsReportedWithItsPhaseOnce()
    {
        var scene = await Scene.Running(workers: 3);

        for (var step = 1; step <= 20; step++)
            foreach (var worker in scene.Workers)
            {
                var isSlow = worker == scene.Workers[1];
                worker.Send(new WorkerEvent { Step = new StepCommitted { Seconds = isSlow ? 3.1 : 3, ExchangeSeconds = isSlow ? 0.1 : 2 } },
                    step);
            }

        var slow = await scene.Notices.Next<WorkerSlow>(); // before the end of a rank could overtake the steps of another
        foreach (var worker in scene.Workers) worker.Finish();
        await scene.Outcome();

        Assert.Equal((1, "worker-1", "compute", 3), (slow.Rank, slow.Worker, slow.Phase, Math.Round(slow.Factor)));
        Assert.Single(scene.Notices.All, notice => notice is WorkerSlow);
    }

    [Fact]
    public async Task Running_RanksAreSlowInTurn_AreNotReported()
    {
        var scene = await Scene.Running(workers: 2);

        for (var step = 1; step <= 200; step++)
            for (var rank = 0; rank < 2; rank++)
            {
                var isSlow = step / 20 % 2 == rank; // for 20 steps, which take 2 seconds
                scene.Workers[rank].Send(
                    new WorkerEvent { Step = new StepCommitted { Seconds = 0.1, ExchangeSeconds = isSlow ? 0.01 : 0.07 } }, step);
            }

        foreach (var worker in scene.Workers) worker.Finish();
        await scene.Outcome();

        Assert.DoesNotContain(scene.Notices.All, notice => notice is WorkerSlow);
    }

    [Fact]
    public async Task Running_ARankPausesOnce_IsNotReportedAsSlow()
    {
        var scene = await Scene.Running(workers: 3);

        for (var step = 1; step <= 20; step++)
            foreach (var worker in scene.Workers)
            {
                var pauses = worker == scene.Workers[1] && step == 12;
                worker.Send(new WorkerEvent
                {
                    Step = new StepCommitted { Seconds = pauses ? 30 : 1, BatchSeconds = pauses ? 29 : 0.001, ExchangeSeconds = 0.5 }
                }, step);
            }

        foreach (var worker in scene.Workers) worker.Finish();
        await scene.Outcome();

        Assert.DoesNotContain(scene.Notices.All, notice => notice is WorkerSlow);
    }

    [Fact]
    public async Task Running_AFaultIsRequested_ReachesOnlyItsWorker()
    {
        var scene = await Scene.Running(workers: 2);
        var fault = FaultPlan.Parse("partition:worker-1@time=4,seconds=2").Faults[0];

        scene.Coordinator.RequestFault(fault);
        scene.Coordinator.RequestFault(fault with { Worker = "worker-7" });

        Assert.Equal(fault, FaultOrders.Read((await scene.Workers[1].Command()).InjectFault.Fault, "worker-1"));
        foreach (var worker in scene.Workers) worker.Finish();
        Assert.Equal(JobState.Completed, (await scene.Outcome()).State);
    }

    [Fact]
    public void Work_CalledAfterEachInput_DoesWhatRunAsyncDoes()
    {
        var notices = new Notices();
        var plan = new PlanRequest("ledger", new RankGrid(1, 1), 16, [1], GlobalBatch: 16, Accumulation: 1, Steps: 3);
        var coordinator = new JobCoordinator(Specifications.Of(plan), new ContiguousPlacement(), notices,
            Scene.Options, new ManualTime(), NullLogger<JobCoordinator>.Instance);
        var link = new InProcessLink();
        coordinator.Begin();
        Assert.Null(coordinator.Work());

        coordinator.Receive(link.Coordinator, new WorkerEvent { Hello = new Hello { Worker = new WorkerId("worker-0", "1").ToWire() } });
        Assert.Null(coordinator.Work());
        Assert.True(link.Worker.Commands.TryRead(out var command));
        coordinator.ReceiveEnd(link.Coordinator, "its connection broke");
        var outcome = coordinator.Work();

        Assert.Equal(1, command.Assign.World);
        Assert.Equal((JobState.Failed, "rank 0 (worker-0) was lost: its connection broke"), (outcome!.State, outcome.Reason));
        Assert.Equal([JobState.Gathering, JobState.Planning, JobState.Running, JobState.Ending, JobState.Failed], notices.States);
    }
}
