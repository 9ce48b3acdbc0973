using Distributed.Coordinator.Reports;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Reports;

public sealed class StepTextTests
{
    [Fact]
    public void Of_AStepOfARun_HasItsProgress() => Assert.Equal(
        "step     3/10  loss 2.5000      256 tokens/s  exchange  25 %  MaxVio 0.25  rate 1.3e-1  left 14 s",
        StepText.Of(new StepLine(3, 10,
            new StepCommitted { Loss = 2.5, LearningRate = 0.125, Tokens = 512, MaxVio = 0.25, Seconds = 2, ExchangeSeconds = 0.5 }, 14)));

    [Fact]
    public void Of_AStoredStep_HasTheSameColumns() => Assert.Equal(
        "step     3  loss 2.5000      256 tokens/s  exchange  25 %  MaxVio 0.25  rate 1.3e-1", StepText.Of(3, 2.5, 256, 0.25, 0.25, 0.125));
}
