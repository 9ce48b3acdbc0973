using Distributed.Checkpoints;
using Distributed.Training.Checkpointing;

namespace Distributed.Training.Tests.Checkpointing;

public sealed class RankResultTests
{
    [Fact]
    public void ToBytes_OfAValue_IsReadBack()
    {
        ManifestEntry[] entries =
            [new(TensorKind.Optimizer, "w.exp_avg", "F32", [2, 3], "optimizer-rank-00001.safetensors", 8, 24, "xxh128:0")];

        var back = RankResult<ManifestEntry[]>.FromBytes(RankResult<ManifestEntry[]>.Of(() => entries).ToBytes());

        Assert.Null(back.Failure);
        var entry = Assert.Single(back.Value!);
        Assert.Equal(entries[0].Shape, entry.Shape);
        Assert.Equal(entries[0], entry with { Shape = entries[0].Shape });
    }

    [Theory]
    [InlineData("")]
    [InlineData("+ - ~ {\"Failure\":null} \u00e9 \n")]
    public void ToBytes_OfText_IsReadBack(string text) =>
        Assert.Equal(new RankResult<string>(text, null), RankResult<string>.FromBytes(RankResult<string>.Of(() => text).ToBytes()));

    [Fact]
    public void ToBytes_OfAFailure_KeepsCauseTensorAndMessage()
    {
        var result = RankResult<string>.Of(
            () => throw new CheckpointException("is not finite") { Cause = CheckpointFailureCause.NotFinite, Tensor = "lm_head.weight" });

        var expected = new RankFailure(CheckpointFailureCause.NotFinite, "lm_head.weight", "is not finite");
        Assert.Equal(new RankResult<string>(null, expected), RankResult<string>.FromBytes(result.ToBytes()));
    }

    [Fact]
    public void Of_AnotherException_IsNotCaught() =>
        Assert.Throws<InvalidOperationException>(() => RankResult<string>.Of(() => throw new InvalidOperationException()));
}
