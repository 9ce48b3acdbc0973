using Distributed.Training.Steps;
using Distributed.Training.Tests.Parity;

namespace Distributed.Training.Tests.Steps;

[Collection(nameof(Group))]
public sealed class StepCommitTests
{
    private static readonly StepVote Ready = new(IsSaveReady: true, IsFolderMissing: false, StepSeconds: 0, RecoveryPointSeconds: 0);

    [Fact]
    public void Run_NoRequest_SaveIsReadyOnlyIfItIsOnEveryRank()
    {
        foreach (var ready in new[] { true, false })
        {
            var all = Commit(rank => Ready with { IsSaveReady = ready || rank != 1 });
            Assert.All(all, decision => Assert.Equal((ready, false, false, false, false),
                (decision.IsSaveReady, decision.IsStopping, decision.IsLeaving, decision.IsSaveRequested, decision.IsFolderMissing)));
        }
    }

    [Fact]
    public void Run_OneRankFindsTheFolderMissing_EveryRankIsNotified() =>
        Assert.All(Commit(rank => Ready with { IsFolderMissing = rank == 2 }), decision => Assert.True(decision.IsFolderMissing));

    [Theory]
    [InlineData(true, false, true, false)]
    [InlineData(false, true, false, true)]
    [InlineData(true, true, true, false)]
    public void Run_RequestsOfSeveralRanks_StopTakesPrecedenceOverLeave(bool stop, bool leave, bool stopping, bool leaving)
    {
        var all = Commit(_ => Ready, stopOn: stop ? 1 : null, leaveOn: leave ? 2 : null);
        Assert.All(all, decision => Assert.Equal((stopping, leaving), (decision.IsStopping, decision.IsLeaving)));
    }

    [Fact]
    public void Run_OneRankWasAskedToSave_EveryRankSaves() =>
        Assert.All(Commit(_ => Ready, saveOn: 2), decision => Assert.True(decision.IsSaveRequested));

    [Fact]
    public void Run_Times_AreMeansOverAllRanks()
    {
        var all = Commit(rank => Ready with { StepSeconds = rank, RecoveryPointSeconds = 3 * rank });
        Assert.All(all, decision => Assert.Equal((1.0, 3.0), (decision.MeanStepSeconds, decision.MeanRecoveryPointSeconds)));
    }

    private static StepDecision[] Commit(Func<int, StepVote> vote, int? stopOn = null, int? leaveOn = null, int? saveOn = null) =>
        Group.Run(3, (_, world) => new StepCommit(world, new CancellationToken(world.Rank == stopOn),
            new CancellationToken(world.Rank == leaveOn), () => world.Rank == saveOn).Run(vote(world.Rank)));
}
