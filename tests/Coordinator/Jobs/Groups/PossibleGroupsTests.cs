namespace Distributed.Coordinator.Tests.Jobs.Groups;

/// <summary>Tests which groups the present members can form, and whether they are to continue or to save.</summary>
public sealed class PossibleGroupsTests
{
    private static readonly string[] Three = ["worker-0", "worker-1", "worker-2"];

    [Fact]
    public void OfStaying_IsAtMostTheRequestedSize()
    {
        var group = TestGroup.WithRanks(Three);

        Assert.Equal(2, group.Possible(wanted: 2, current: 3).OfStaying!.World);
        Assert.Equal(2, group.Leave("worker-0").Possible(wanted: 3, current: 3).OfStaying!.World);
        Assert.Null(group.Leave(Three).Possible(wanted: 3, current: 3).OfStaying);
    }

    [Fact]
    public void Usable_WithFewerThanTheMinimum_IsNull()
    {
        var group = TestGroup.WithRanks("worker-0");

        Assert.Equal(1, group.Possible(wanted: 3, current: 3).Usable!.World);
        Assert.Null(group.Possible(wanted: 3, current: 3, minWorkers: 2).Usable);
    }

    [Theory]
    [InlineData(4, 3)] // rank 2 holds a part of the newest state that the two others lack
    [InlineData(5, 2)] // the checkpoint has that state
    public void Next_AfterARequestForFewer_KeepsTheHoldersOfTheNewestStateUntilItIsSaved(long savedStep, int world)
    {
        var group = TestGroup.WithRanks("worker-0", "worker-1", "worker-2", "worker-3").HoldPoint(step: 5).Lose("worker-3");

        var grid = group.Possible(wanted: 2, current: 4, savedStep).Next(out var isToSave);

        Assert.Equal((world, false), (grid!.World, isToSave));
    }

    [Theory]
    [InlineData(1, 2, false)]
    [InlineData(3, 3, true)] // too few stay
    public void Next_ALeavingWorker_IsIncludedOnlyToSave(int minWorkers, int world, bool expected)
    {
        var group = TestGroup.WithRanks(Three).HoldPoint(step: 5).Leave("worker-2");

        var grid = group.Possible(wanted: 3, current: 3, minWorkers: minWorkers).Next(out var isToSave);

        Assert.Equal((world, expected), (grid!.World, isToSave));
    }

    [Fact]
    public void Next_ALeavingWorkerWhoseStateIsSaved_IsNotIncluded()
    {
        var group = TestGroup.WithRanks(Three).HoldPoint(step: 5).Leave("worker-2");

        var grid = group.Possible(wanted: 3, current: 3, savedStep: 5, minWorkers: 3).Next(out var isToSave);

        Assert.Equal((2, false), (grid!.World, isToSave));
    }

    [Theory]
    [InlineData(4, 2)]
    [InlineData(5, null)] // the checkpoint has that state
    public void ToSave_WithANewerStateThanTheCheckpoint_IsTheGridOfAllMembers(long savedStep, int? world)
    {
        var group = TestGroup.WithRanks(Three).HoldPoint(step: 5).Lose("worker-1");

        Assert.Equal(world, group.Possible(wanted: 3, current: 3, savedStep, minWorkers: 3).ToSave?.World);
    }

    [Fact]
    public void ToSave_WithoutAllPartsOfARecoveryPoint_IsNull()
    {
        var group = TestGroup.WithRanks(Three).HoldPoint(step: 5).Lose("worker-1", "worker-2");

        Assert.Null(group.Possible(wanted: 3, current: 3).ToSave);
    }

    [Fact]
    public void BuddiesStay_OfLeavingRanks_IsFalseIfTheNextRankLeavesToo()
    {
        var group = TestGroup.WithRanks(Three).Leave("worker-0");
        Assert.True(group.Possible(wanted: 3, current: 3).BuddiesStay);

        group.Leave("worker-1");

        Assert.False(group.Possible(wanted: 3, current: 3).BuddiesStay);
    }
}
