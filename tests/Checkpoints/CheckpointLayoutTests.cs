namespace Distributed.Checkpoints.Tests;

public sealed class CheckpointLayoutTests
{
    [Fact]
    public void Names_AreTheOnesOfTheFormat()
    {
        Assert.Equal("step-00000200", CheckpointLayout.StepFolder(200));
        Assert.Equal("step-00000200.tmp-7", CheckpointLayout.TemporaryFolder(200, 7));
        Assert.Equal("weights-rank-00001.safetensors", CheckpointLayout.ShardFile(TensorKind.Weights, 1));
        Assert.Equal("optimizer-rank-00001.safetensors", CheckpointLayout.ShardFile(TensorKind.Optimizer, 1));
    }

    [Theory]
    [InlineData("step-00000200", 200L)]
    [InlineData("step-1234567890123", 1234567890123L)]
    [InlineData("step-00000000", 0L)]
    [InlineData("step-200", null)]
    [InlineData("step-000000200", null)]
    [InlineData("step--0000200", null)]
    [InlineData("step-+0000200", null)]
    [InlineData("step-00000200.tmp-1", null)]
    [InlineData("step-00000200 ", null)]
    [InlineData("latest", null)]
    [InlineData("", null)]
    public void StepOf_OnlyTheExactSpelling_IsAStep(string name, long? step) => Assert.Equal(step, CheckpointLayout.StepOf(name));

    [Theory]
    [InlineData("step-00000200.tmp-1", 200L)]
    [InlineData("step-00000200.tmp-deleted", 200L)]
    [InlineData("step-00000200", null)]
    [InlineData("notes.tmp-1", null)]
    public void StepOfTemporary_OnlyOfTemporaryNames_IsAStep(string name, long? step) =>
        Assert.Equal(step, CheckpointLayout.StepOfTemporary(name));
}
