using Distributed.Coordinator.Jobs.Epochs;

namespace Distributed.Coordinator.Tests.Jobs.Epochs;

/// <summary>Tests what follows once all ranks have ended: three ranks, of which one or two were lost.</summary>
public sealed class NextEpochTests
{
    private readonly TestGroup _group = TestGroup.WithRanks("worker-0", "worker-1", "worker-2").HoldPoint(step: 5).End();

    [Fact]
    public void Choose_EnoughWorkers_ContinuesAtOnce() => Assert.Equal(3, Continued(Choose(mayWait: true)));

    [Fact]
    public void Choose_AWorkerIsMissing_Waits()
    {
        _group.Lose("worker-2");

        Assert.IsType<NextEpoch.AwaitReplacement>(Choose(mayWait: true));
    }

    [Fact]
    public void Choose_AfterTheWait_ContinuesWithFewer()
    {
        _group.Lose("worker-2");

        Assert.Equal(2, Continued(Choose()));
    }

    [Fact]
    public void Choose_ALeavingWorkerIsNeededToSave_DoesNotWait()
    {
        _group.Leave("worker-2");

        Assert.Equal(3, Continued(Choose(mayWait: true, minWorkers: 3)));
    }

    [Fact]
    public void Choose_TooFewWorkersHoldTheState_SavesFirst()
    {
        _group.Lose("worker-2");

        Assert.Equal(2, Assert.IsType<NextEpoch.SaveFirst>(Choose(minWorkers: 3)).Grid.World);
        Assert.IsType<NextEpoch.Fail>(Choose(minWorkers: 3, maySaveFirst: false));
        Assert.IsType<NextEpoch.Fail>(Choose(minWorkers: 3, savedStep: 5));
    }

    [Fact]
    public void Choose_AStopIsRequested_NeedsNoMinimumOfWorkers()
    {
        _group.Lose("worker-2");

        Assert.Equal(2, Continued(Choose(minWorkers: 3, isStopping: true)));
    }

    [Fact]
    public void Choose_AStopIsRequestedAndNoWorkerIsLeft_StopsUnsaved()
    {
        _group.Lose("worker-0", "worker-1", "worker-2");

        Assert.IsType<NextEpoch.StopUnsaved>(Choose(isStopping: true));
        Assert.IsType<NextEpoch.Fail>(Choose());
    }

    private NextEpoch Choose(
        bool mayWait = false, int minWorkers = 1, bool isStopping = false, bool maySaveFirst = true, long savedStep = 0) =>
        NextEpoch.Choose(_group.Possible(wanted: 3, current: 3, savedStep, minWorkers), wanted: 3, mayWait, isStopping, maySaveFirst);

    private static int Continued(NextEpoch next) => Assert.IsType<NextEpoch.Continue>(next).Grid.World;
}
