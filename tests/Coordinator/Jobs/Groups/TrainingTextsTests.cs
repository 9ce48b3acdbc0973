using Distributed.Coordinator.Jobs.Groups;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Jobs.Groups;

/// <summary>Tests the comparison of the ranks' training texts.</summary>
public sealed class TrainingTextsTests
{
    private readonly TrainingTexts _texts = new();
    private readonly Member[] _ranks = [.. TestGroup.WithRanks("worker-0", "worker-1").Members.Ranked];

    [Fact]
    public void Compare_EqualOrUnknownTexts_IsNoFailure()
    {
        Assert.Null(_texts.Compare(_ranks[1], ""));
        Assert.Null(_texts.Compare(_ranks[0], "a1"));
        Assert.Null(_texts.Compare(_ranks[1], "a1"));
    }

    [Fact]
    public void Compare_AnotherText_NamesTheRankAndBothTexts()
    {
        _texts.Compare(_ranks[0], "a1");

        var failure = _texts.Compare(_ranks[1], "b2")!;

        Assert.Equal((FailureCause.DataDiffers, 1, FailureKind.FailureFatal), (failure.Cause, failure.Rank, failure.Kind));
        Assert.StartsWith("worker-1 has a different training text than worker-0: its corpus or tokenizer differs (b2 instead of a1)",
            failure.Message, StringComparison.Ordinal);
    }
}
