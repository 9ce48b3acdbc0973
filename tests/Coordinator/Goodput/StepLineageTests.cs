using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Jobs;
using static Distributed.Coordinator.Tests.Goodput.RunNotices;

namespace Distributed.Coordinator.Tests.Goodput;

/// <summary>Tests that each step counts once, also after returns to earlier states.</summary>
public sealed class StepLineageTests
{
    [Fact]
    public void On_AReturnToAnEarlierStep_DiscardsTheStepsAfterIt()
    {
        var lineage = Of(Plan(2), Step(0, 1), Step(1, 1), Step(0, 2), Step(1, 2), Step(1, 3), Again(2, from: 1), Step(0, 2, 2),
            Step(1, 2, 2), Step(0, 3, 2));

        Assert.Empty(lineage.Problems);
        Assert.Equal((3, 1, 2, true), (lineage.Committed, lineage.Epochs, lineage.Repeated, lineage.HasOneLayout));
    }

    [Fact]
    public void On_AStepRepeatedOrSkipped_NamesTheRank()
    {
        Assert.Equal("rank 1 committed step 1 in epoch 1; expected step 2", Assert.Single(Of(Plan(2), Step(1, 1), Step(1, 1)).Problems));
        Assert.Equal("rank 0 committed step 3 in epoch 2; expected step 2",
            Assert.Single(Of(Plan(2), Step(0, 1), Step(0, 2), Again(2, from: 1), Step(0, 3, 2)).Problems));
        Assert.Equal("epoch 2 resumes from step 2, but the last committed step was 1",
            Assert.Single(Of(Plan(2), Step(0, 1), Again(2, from: 2)).Problems));
    }

    [Fact]
    public void On_FewerRanks_IsAnotherLayout() => Assert.False(Of(Plan(2), Step(0, 1), Plan(1)).HasOneLayout);

    private static StepLineage Of(params JobNotice[] notices)
    {
        var lineage = new StepLineage();
        foreach (var notice in notices) lineage.On(notice);
        return lineage;
    }
}
