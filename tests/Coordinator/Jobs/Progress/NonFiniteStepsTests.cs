using Distributed.Coordinator.Jobs.Progress;

namespace Distributed.Coordinator.Tests.Jobs.Progress;

/// <summary>Tests when a step whose values are not finite counts as repeated.</summary>
public sealed class NonFiniteStepsTests
{
    private readonly NonFiniteSteps _steps = new();

    [Fact]
    public void Add_ByEveryRankOfOneEpoch_IsNotRepeated() =>
        Assert.Equal([false, false], new[] { _steps.Add(step: 3, epoch: 1), _steps.Add(step: 3, epoch: 1) });

    [Fact]
    public void Add_InAnotherEpoch_IsRepeated()
    {
        _steps.Add(step: 3, epoch: 1);

        Assert.True(_steps.Add(step: 3, epoch: 2));
    }

    [Fact]
    public void Add_OfAnotherStep_IsNotRepeated()
    {
        _steps.Add(step: 3, epoch: 1);

        Assert.False(_steps.Add(step: 4, epoch: 2));
    }
}
