using Distributed.Coordinator.Reports;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Reports;

public sealed class FailureJsonTests
{
    [Fact]
    public void Of_AFailure_BlamesTheRankItself()
    {
        var failed = new Failed { Rank = 1, Operation = "step", Cause = FailureCause.WorkerLost, Message = "m", Detail = "d" };
        Assert.Equal(
            """{"rank":1,"operation":"step","cause":"worker_lost","message":"m","culprit":1,"detail":"d"}""",
            JsonFormat.Text(FailureJson.Of(failed)));
    }

    [Fact]
    public void Of_AConsequence_BlamesTheCulprit() =>
        Assert.Equal("3", FailureJson.Of(new Failed { Rank = 1, Consequence = true, Culprit = 3 })["culprit"]!.ToJsonString());
}
