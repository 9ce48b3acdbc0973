using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Jobs;

/// <summary>Tests failures while a job ends or after a stop request.</summary>
public sealed class JobEndingTests
{
    private static readonly RecoveryPolicy Policy = new() { ReplacementTimeout = TimeSpan.Zero };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task StoppedAtOnce_ARankFailsBecauseAnotherStoppedFirst_IsStopped(bool recovers)
    {
        var scene = recovers ? await Scene.Recovering(2, Policy) : await Scene.Running(2);
        scene.Coordinator.RequestStop(save: false, "enough");
        await scene.Workers[0].Command();
        scene.Workers[0].Finish(stopped: true);

        scene.Workers[1].Fail("rank 0 was lost", becauseOf: 0, FailureKind.FailureTransient);

        Assert.Equal((JobState.Stopped, "enough"), ((await scene.Outcome()).State, (await scene.Outcome()).Reason));
    }

    [Fact]
    public async Task StoppedAtOnce_AWorkerLeaves_IsStopped()
    {
        var scene = await Scene.Recovering(1, Policy);
        scene.Coordinator.RequestStop(save: false, "enough");
        await scene.Workers[0].Command();

        await scene.Workers[0].Leave();

        Assert.Equal(JobState.Stopped, (await scene.Outcome()).State);
    }

    [Fact]
    public async Task Ending_TheLastRankFailsFatally_EndsAtOnce()
    {
        var scene = await Scene.Recovering(1, Policy);
        scene.Coordinator.RequestStop(save: true, "interrupted");
        await scene.Workers[0].Command();

        scene.Workers[0].Fail("the disk is full");

        Assert.Equal((JobState.Failed, "rank 0: the disk is full"), ((await scene.Outcome()).State, (await scene.Outcome()).Reason));
    }

    [Fact]
    public async Task Ending_TheLastSaveIsRetried_WaitsAsLongAsFailuresAreReported()
    {
        var scene = await Scene.Running(1);
        scene.Coordinator.RequestStop(save: true, "interrupted");
        await scene.Workers[0].Command();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            scene.Time.Advance(Scene.Options.EndTimeout - TimeSpan.FromSeconds(1));
            scene.Workers[0].SaveFails("the disk is full");
            await scene.Notices.Next<RankReported>(report => report.Event.SaveFailed is not null);
        }

        scene.Workers[0].Finish(stopped: true);

        Assert.Equal(JobState.Stopped, (await scene.Outcome()).State);
    }

    [Fact]
    public async Task Failed_FatallyAfterALoss_NamesTheFatalFailure()
    {
        var scene = await Scene.Recovering(2, Policy);
        await scene.Workers[0].Leave();
        await scene.Workers[1].Command();

        scene.Workers[1].Fail("the disk is full");

        Assert.Equal(("rank 1: the disk is full", 1), ((await scene.Outcome()).Reason, (await scene.Outcome()).Culprit));
    }

    [Fact]
    public async Task Pause_OfAJobWithoutRecovery_ChangesNothing()
    {
        var scene = await Scene.Running(1);
        scene.Coordinator.RequestPause();
        scene.Workers[0].Step(3);
        scene.Workers[0].Finish();

        Assert.Equal((JobState.Completed, 3L), ((await scene.Outcome()).State, (await scene.Outcome()).Step));
        Assert.DoesNotContain(JobState.Rescaling, scene.Notices.States);
    }
}
