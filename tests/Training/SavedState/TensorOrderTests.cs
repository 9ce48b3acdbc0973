using Distributed.Training.SavedState;
using Distributed.Training.Tests.Checkpointing;

namespace Distributed.Training.Tests.SavedState;

public sealed class TensorOrderTests
{
    private readonly TensorOrder _order = new(Layout.Config);

    [Theory]
    [InlineData("model.embed_tokens.weight", "lm_head.weight")]
    [InlineData("model.layers.0.input_layernorm.weight", "model.norm.weight")]
    [InlineData("lm_head.weight", "model.embed_tokens.weight.exp_avg")]
    [InlineData("model.embed_tokens.weight.exp_avg", "model.norm.weight.master", "model.norm.weight.exp_avg")]
    public void First_WeightsThenOptimizerStateInTheOrderOfItsWeights(string first, params string[] others)
    {
        var tensors = others.Append(first).Index().ToList();
        Assert.Equal((others.Length, first), _order.First(tensors));
        tensors.Reverse();
        Assert.Equal((others.Length, first), _order.First(tensors));
    }

    [Fact]
    public void First_TheSameTensorOnSeveralRanks_ReturnsTheFirstInTheList() =>
        Assert.Equal((2, "lm_head.weight"), _order.First([(2, "lm_head.weight"), (0, "lm_head.weight")]));
}
