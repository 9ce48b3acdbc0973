using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Jobs.Epochs;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Jobs.Epochs;

/// <summary>Tests the choice of the state from which an epoch resumes.</summary>
public sealed class EpochStartTests
{
    private static readonly CommittedCheckpoint Checkpoint = new("runs/x/step-5", 5);

    [Fact]
    public void ChooseNewest_WithoutAnyState_IsTheBeginning()
    {
        var start = EpochStart.ChooseNewest(held: null, checkpoint: null);

        Assert.Equal((Start.FromOneofCase.Fresh, 0L, "the beginning"), (start.Message.FromCase, start.Step, start.From));
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    [InlineData(6, true)]
    public void ChooseNewest_OfARecoveryPointAndACheckpoint_PrefersTheRecoveryPointOfTheSameStep(long step, bool isRecoveryPoint)
    {
        var start = EpochStart.ChooseNewest(new Recover { Step = step }, Checkpoint);

        Assert.Equal(isRecoveryPoint, start.IsRecoveryPoint);
        Assert.Equal(isRecoveryPoint ? (step, $"the recovery point of step {step}") : (5, Checkpoint.Folder), (start.Step, start.From));
        Assert.Equal(isRecoveryPoint ? null : Checkpoint.Folder, start.Message.Resume?.Checkpoint);
    }

    [Fact]
    public void ChooseNewest_WithoutACheckpoint_IsAnyRecoveryPoint() =>
        Assert.True(EpochStart.ChooseNewest(new Recover { Step = 0 }, checkpoint: null).IsRecoveryPoint);
}
