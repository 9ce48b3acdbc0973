using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Planning;

namespace Distributed.Coordinator.Tests.Jobs;

/// <summary>Tests restarted workers whose new process is reported before or long after the end of the previous one.</summary>
public sealed class JobReturnsTests
{
    private static readonly RecoveryPolicy Policy = new() { ReplacementTimeout = TimeSpan.Zero };

    [Fact]
    public async Task Gathering_RestartedBeforeTheOldStreamEnded_ReplacesTheOldProcess()
    {
        var scene = Scene.Gathering(workers: 2);
        scene.Workers[0].Hello();
        await scene.Notices.Next<WorkerArrived>();

        var again = scene.Join("worker-0");
        await scene.Workers[0].Dismissed();
        scene.Workers[1].Hello();

        Assert.Equal((0, 2), ((await again.Assigned()).Rank, again.Plan!.World));
    }

    [Fact]
    public async Task Gathering_TheExitOfAWorkerThatHadJoined_IsNoFailureToJoin()
    {
        var scene = Scene.Gathering(workers: 1, policy: Policy with { Spares = 1 });
        scene.Workers[0].Hello();
        await scene.Notices.Next<WorkerArrived>();
        await scene.Workers[0].Leave();
        await scene.Notices.Next<WorkerLeft>();

        scene.Coordinator.ReportExit("worker-0", "it was killed");
        scene.Workers[1].Hello();
        var again = scene.Join("worker-0");

        Assert.Equal(1, (await again.Assigned()).World);
    }

    [Fact]
    public async Task Gathering_TheExitOfAWorkerThatIsRestarted_IsNoFailureToJoin()
    {
        var scene = Scene.Gathering(workers: 1, policy: Policy);

        scene.Coordinator.ReportExit("worker-0", "it was killed", process: 7, isRestarted: true);
        scene.Workers[0].Hello();

        Assert.Equal(1, (await scene.Workers[0].Assigned()).World);
    }

    [Fact]
    public async Task Running_TheOnlyWorkerIsRestarted_ContinuesWithIt()
    {
        var scene = await Scene.Recovering(1, Policy);

        var again = scene.Join("worker-0");

        Assert.Equal(1, (await again.Assigned()).World);
        await scene.Workers[0].Dismissed();
    }

    [Fact]
    public async Task Ending_AWorkerIsRestarted_TakesPartInTheRecovery()
    {
        var scene = await Scene.Recovering(2, Policy with { MinWorkers = 2 });
        scene.Workers[0].Finish();
        await scene.Notices.Next<StateChanged>(change => change.To == JobState.Ending);

        var again = scene.Join("worker-1");

        Assert.Equal((1, 2), ((await again.Assigned()).Rank, again.Plan!.World));
    }

    [Fact]
    public async Task Running_TheExitOfAnEarlierProcess_DoesNotAffectTheNewOne()
    {
        var scene = await Scene.Recovering(1, Policy);
        var again = scene.Join("worker-0", process: 8);
        await again.Assigned();

        scene.Coordinator.ReportExit("worker-0", "it was killed", process: 7);
        again.Step(3);
        again.Finish();

        Assert.Equal(JobState.Completed, (await scene.Outcome()).State);
    }
}
