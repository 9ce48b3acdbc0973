using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Jobs;
using static Distributed.Coordinator.Tests.Goodput.RunNotices;

namespace Distributed.Coordinator.Tests.Goodput;

/// <summary>Tests whether a loss of committed steps counts as avoidable.</summary>
public sealed class LostStepsTests
{
    [Fact]
    public void On_OneOfTheTwoCopiesIsLeft_IsAvoidable() => Assert.Equal((3, 0), Of(Plan(4), Left(1), Left(3), Again(2, from: 0, lost: 3)));

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 0)] // the buddy of the last rank is rank 0
    public void On_OwnerAndBuddyLost_IsUnavoidable(int first, int second) =>
        Assert.Equal((0, 3), Of(Plan(4), Left(first), Again(2, from: 4), Left(second), Again(3, from: 0, lost: 3)));

    [Fact]
    public void On_ARecoveryPointOfAllRanksInBetween_ForgetsEarlierLosses()
    {
        JobNotice[] point = [.. Enumerable.Range(0, 4).Select(rank => Point(rank, 5)), Step(2, 6)];

        Assert.Equal((3, 0), Of([Plan(4), Left(1), .. point, Left(2), Again(2, from: 0, lost: 3)]));
        Assert.Equal((0, 3), Of([Plan(4), Left(1), .. point[1..], Left(2), Again(2, from: 0, lost: 3)])); // without rank 0
        Assert.Equal((0, 3), Of([Plan(4), Left(1), .. point[..4], Left(2), Again(2, from: 0, lost: 3)])); // no commit after it
    }

    private static (long Avoidable, long Unavoidable) Of(params JobNotice[] notices)
    {
        var lost = new LostSteps();
        foreach (var notice in notices) lost.On(notice);
        return (lost.Avoidable, lost.Unavoidable);
    }
}
