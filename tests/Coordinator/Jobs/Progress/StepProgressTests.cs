using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Jobs.Progress;

namespace Distributed.Coordinator.Tests.Jobs.Progress;

/// <summary>Tests which steps count as committed, replayed and lost.</summary>
public sealed class StepProgressTests
{
    private readonly StepProgress _progress = new(firstStep: 4);

    [Fact]
    public void New_OfAJobWithACheckpoint_CountsItsSteps() =>
        Assert.Equal((4, 4, 4), (_progress.Step, _progress.Furthest, _progress.Safe));

    [Fact]
    public void Commit_OfAnEarlierStep_ChangesNothing()
    {
        _progress.Commit(7);
        _progress.Commit(6);

        Assert.Equal((7, 7), (_progress.Step, _progress.Furthest));
    }

    [Fact]
    public void RecoveryPoint_IsSafeOnceALaterStepIsCommitted()
    {
        _progress.Commit(6);
        _progress.AddRecoveryPoint(6);
        Assert.Equal(4, _progress.Safe);

        _progress.Commit(7);

        Assert.Equal(6, _progress.Safe);
    }

    [Fact]
    public void Resume_FromTheSafeState_ReplaysTheStepsSince()
    {
        CommitWithPoint();

        Assert.Equal((2, 0), _progress.Resume(6, isRecoveryPoint: true));
        Assert.Equal((6, 8, 6), (_progress.Step, _progress.Furthest, _progress.Safe));
    }

    [Fact]
    public void Resume_FromBeforeTheSafeState_LosesTheStepsSince()
    {
        CommitWithPoint();

        Assert.Equal((0, 4), _progress.Resume(4, isRecoveryPoint: false));
        Assert.Equal((4, 8, 4), (_progress.Step, _progress.Furthest, _progress.Safe));
    }

    [Fact]
    public void Resume_FromAStateWhoseCommitWasNotReported_ReplaysAndLosesNothing()
    {
        Assert.Equal((0, 0), _progress.Resume(5, isRecoveryPoint: true));
        Assert.Equal((5, 5), (_progress.Step, _progress.Furthest));
    }

    [Theory]
    [InlineData(true, 3, 0)]
    [InlineData(false, 0, 3)]
    public void Resume_WithAnUnknownSafeState_LosesStepsUnlessFromARecoveryPoint(bool isRecoveryPoint, long replayed, long lost)
    {
        _progress.Restore(Record(RecordedState.Running, firstStep: 5, furthest: 9), (Epoch: 3, Step: 8));
        Assert.Null(_progress.Safe);

        Assert.Equal((replayed, lost), _progress.Resume(5, isRecoveryPoint));
        Assert.Equal(5, _progress.Safe);
    }

    [Theory]
    [InlineData(3, 8, 8)]
    [InlineData(2, 8, 5)] // the commit is of an earlier epoch
    public void Restore_OfARunningGroup_ContinuesAfterTheLastReportedCommit(long epoch, long committed, long expected)
    {
        _progress.Restore(Record(RecordedState.Running, firstStep: 5, furthest: 9), (epoch, committed));

        Assert.Equal((expected, 9), (_progress.Step, _progress.Furthest));
    }

    [Theory]
    [InlineData(RecordedState.Paused)]
    [InlineData(RecordedState.Ended)]
    public void Restore_WithoutAGroup_KeepsTheKnownSafeState(RecordedState state)
    {
        _progress.Restore(Record(state, firstStep: 9, furthest: 9) with { Safe = 7 }, (Epoch: 3, Step: 8));

        Assert.Equal((9, 9, 7), (_progress.Step, _progress.Furthest, _progress.Safe));
    }

    [Fact]
    public void TryBeginRecovery_WithoutNewSteps_IsWithinTheLimitThatOften()
    {
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => _progress.TryBeginRecovery(limit: 2)));
        Assert.False(_progress.IsAdvancing);
    }

    [Fact]
    public void TryBeginRecovery_AfterANewStep_CountsAnew()
    {
        _progress.TryBeginRecovery(limit: 1);
        _progress.Commit(5);
        Assert.True(_progress.IsAdvancing);

        Assert.True(_progress.TryBeginRecovery(limit: 1));
        Assert.False(_progress.IsAdvancing);
    }

    [Fact]
    public void TryBeginRecovery_AfterReplayedSteps_CountsOn()
    {
        _progress.Commit(6);
        _progress.TryBeginRecovery(limit: 1);
        _progress.Resume(4, isRecoveryPoint: true);
        _progress.Commit(6);

        Assert.False(_progress.TryBeginRecovery(limit: 1));
    }

    [Theory]
    [InlineData(4, 2)]
    [InlineData(7, 0)] // the checkpoint has a step whose commit was not reported
    public void EndWith_AState_ReturnsTheStepsThatItLacks(long step, long lost)
    {
        _progress.Commit(6);

        Assert.Equal(lost, _progress.EndWith(step));
        Assert.Equal(step, _progress.Step);
    }

    // Step 8 is committed, and the recovery point of step 6 is complete.
    private void CommitWithPoint()
    {
        _progress.Commit(6);
        _progress.AddRecoveryPoint(6);
        _progress.Commit(8);
    }

    private static JobRecord Record(RecordedState state, long firstStep, long furthest) => new(3, state, 2, 1, [], firstStep, furthest);
}
