using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Jobs.Progress;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Jobs.Progress;

/// <summary>Tests how often groups are formed only to save.</summary>
public sealed class FinalSavesTests
{
    private static readonly Failure Lost = new(FailureCause.WorkerLost);

    private readonly FinalSaves _saves = new();

    [Fact]
    public void Attempts_AreThree()
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Assert.True(_saves.IsAttemptLeft);
            _saves.BeginForStop();
        }

        Assert.False(_saves.IsAttemptLeft);
        Assert.Null(_saves.Shortage);
    }

    [Fact]
    public void Shortage_WithoutAFailure_KeepsTheKnownOne()
    {
        _saves.BeginForShortage(Lost);
        _saves.BeginForShortage(null);

        Assert.Equal(Lost, _saves.Shortage);
    }

    [Fact]
    public void Shortage_WithoutAnyFailure_IsThatWorkersAreMissing()
    {
        _saves.BeginForShortage(null);

        Assert.Equal(FailureCause.WorkersMissing, _saves.Shortage!.Cause);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void EndShortage_CountsAnewUnlessAStopIsRequested(bool isStopping, bool isAttemptLeft)
    {
        _saves.BeginForShortage(Lost);
        _saves.GiveUp();

        _saves.EndShortage(isStopping);

        Assert.Null(_saves.Shortage);
        Assert.Equal(isAttemptLeft, _saves.IsAttemptLeft);
    }
}
