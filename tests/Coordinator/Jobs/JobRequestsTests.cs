using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Planning;

namespace Distributed.Coordinator.Tests.Jobs;

/// <summary>Tests requests to a job that is in the middle of another change.</summary>
public sealed class JobRequestsTests
{
    private static readonly RecoveryPolicy Policy = new() { ReplacementTimeout = TimeSpan.Zero };

    [Fact]
    public async Task Pause_WhileRecovering_PausesOnceTheNextEpochRuns()
    {
        var scene = await Scene.Recovering(2, Policy with { Spares = 1 });
        await scene.Workers[1].Leave();
        await scene.Notices.Next<RecoveryBegan>();
        scene.Coordinator.RequestPause();
        await scene.Workers[0].LeavesWith(step: 1, world: 2);

        foreach (var worker in new[] { scene.Workers[0], scene.Workers[2] })
        {
            await worker.Assigned();
            Assert.True((await worker.Command()).Stop.Save);
            worker.Finish(stopped: true);
        }

        await scene.Notices.Next<StateChanged>(change => change.To == JobState.Paused);
    }

    [Fact]
    public async Task Pause_WhileGathering_PausesOnceTheFirstEpochRuns()
    {
        var scene = Scene.Gathering(1, policy: Policy);
        scene.Coordinator.RequestPause();
        scene.Workers[0].Hello();
        await scene.Workers[0].Assigned();
        Assert.True((await scene.Workers[0].Command()).Stop.Save);
        scene.Workers[0].Finish(stopped: true);

        await scene.Notices.Next<StateChanged>(change => change.To == JobState.Paused);
    }

    [Fact]
    public async Task Pause_CancelledWhileGathering_TheJobRuns()
    {
        var scene = Scene.Gathering(1, policy: Policy);
        scene.Coordinator.RequestPause();
        scene.Coordinator.RequestResume();
        scene.Workers[0].Hello();
        await scene.Workers[0].Assigned();
        scene.Workers[0].Step(3);
        scene.Workers[0].Finish();

        Assert.Equal(JobState.Completed, (await scene.Outcome()).State);
        Assert.DoesNotContain(JobState.Rescaling, scene.Notices.States);
    }

    [Fact]
    public async Task Resume_BeforeThePause_TheJobContinuesAtOnce()
    {
        var scene = await Scene.Recovering(1, Policy);
        scene.Coordinator.RequestPause();
        Assert.True((await scene.Workers[0].Command()).Stop.Save);
        scene.Coordinator.RequestResume();
        scene.Workers[0].Finish(stopped: true);

        await scene.Workers[0].Assigned();
        Assert.DoesNotContain(JobState.Paused, scene.Notices.States);
    }

    [Fact]
    public async Task Scaled_WhileWorkersAreAwaited_ContinuesWithThePresentWorkers()
    {
        var scene = await Scene.Recovering(2, new RecoveryPolicy());
        await scene.Workers[1].Leave();
        await scene.Workers[0].LeavesWith(step: 1, world: 2);
        await scene.Notices.Next<ReplacementAwaited>();

        scene.Coordinator.RequestScale(1);

        Assert.Equal(1, (await scene.Workers[0].Assigned()).World);
    }

    [Fact]
    public async Task Scaled_DownWhileRecovering_KeepsTheHoldersOfPartsUntilACheckpoint()
    {
        var scene = await Scene.Recovering(4, Policy);
        await scene.Workers[3].Leave();
        await scene.Notices.Next<RecoveryBegan>();
        scene.Coordinator.RequestScale(2);
        foreach (var rank in new[] { 0, 1, 2 }) await scene.Workers[rank].LeavesWith(step: 1);

        var plan = await scene.Workers[0].Assigned();

        Assert.Equal((3, 1L), (plan.World, plan.Start.Recover.Step));
        Assert.True((await scene.Workers[0].Command()).Stop.Save);
    }

    [Fact]
    public async Task Stop_WhileTheLastStepEnds_StillHoldsIfTheJobRecovers()
    {
        var scene = await Scene.Recovering(2, Policy);
        scene.Workers[0].Finish();
        await scene.Notices.Next<StateChanged>(change => change.To == JobState.Ending);
        scene.Coordinator.RequestStop(save: true, "enough");
        await scene.Workers[1].Leave();

        await scene.Workers[0].Assigned();

        Assert.True((await scene.Workers[0].Command()).Stop.Save);
    }

    [Fact]
    public async Task Stop_AtOnceAfterAStopThatSaves_IsSentToTheRanks()
    {
        var scene = await Scene.Recovering(1, Policy);
        scene.Coordinator.RequestStop(save: true, "interrupted");
        Assert.True((await scene.Workers[0].Command()).Stop.Save);

        scene.Coordinator.RequestStop(save: false, "at once");

        Assert.False((await scene.Workers[0].Command()).Stop.Save);
    }
}
