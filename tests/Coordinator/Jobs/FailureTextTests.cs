using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Jobs;

public sealed class FailureTextTests
{
    private static readonly Failure Lost = new(FailureCause.WorkerLost) { Rank = 2, Worker = "worker-2", Message = "its connection broke" };

    [Fact]
    public void Of_FailureThatFollowsFromAnother_HasBoth()
    {
        Assert.Equal("rank 2 (worker-2) was lost: its connection broke", Lost.Reason);
        Assert.Equal(
            $"{Lost.Reason}; 1 worker is left, and at least 2 are needed",
            new Failure(FailureCause.WorkersMissing) { Previous = Lost, Present = 1, Needed = 2 }.Reason);
        Assert.Equal(
            $"{Lost.Reason}; 3 recoveries in a row have led to no new step",
            new Failure(FailureCause.NoProgress) { Previous = Lost, Needed = 3 }.Reason);
    }

    [Fact]
    public void Of_RanksThatAreLateAfterAnotherFailure_KeepsTheBoundsApart()
    {
        var silent = new Failure(FailureCause.NoReports)
        {
            Timeout = TimeSpan.FromMinutes(10), LateRanks = [0, 1], LateTimeout = TimeSpan.FromSeconds(20)
        };
        Assert.Equal("no rank has reported anything for 10 min; ranks 0, 1 did not end within 20 s", silent.Reason);
        Assert.Equal("rank 1 did not end within 20 s",
            new Failure(FailureCause.EndTimeout) { LateRanks = [1], LateTimeout = TimeSpan.FromSeconds(20) }.Reason);
    }

    [Theory]
    [InlineData(1, "rank 1: the disk is full")]
    [InlineData(null, "the disk is full")]
    public void Of_RanksReport_NamesTheReporterUnlessTheMessageDoes(int? reporter, string expected) =>
        Assert.Equal(expected, new Failure(FailureCause.Checkpoint) { Reporter = reporter, Message = "the disk is full" }.Reason);

    [Fact]
    public void Of_EveryCause_HasATextAndAWord()
    {
        foreach (var cause in Enum.GetValues<FailureCause>())
        {
            var failure = new Failure(cause) { Message = "x", Previous = Lost, Timeout = TimeSpan.FromSeconds(1), LateRanks = [0] };
            Assert.NotEqual("", failure.Reason);
            Assert.Equal(cause == FailureCause.Unspecified, FailureText.Word(cause) is null);
        }

        Assert.Equal("worker_lost", FailureText.Word(FailureCause.WorkerLost));
    }
}
