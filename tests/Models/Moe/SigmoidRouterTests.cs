using Distributed.Models.Moe;
using Distributed.Tensors.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Models.Tests.Moe;

public sealed class SigmoidRouterTests
{
    [Theory]
    [InlineData(1, 1, true, 1.0)]
    [InlineData(4, 2, true, 2.5)]
    [InlineData(1, 1, false, 1.0)]
    public void Route_ChoiceWeightsAndLosses_AreThePlainForms(int groups, int chosenGroups, bool normalise, double scale)
    {
        var options = new RouterOptions { Experts = 8, ChosenPerToken = 3, Groups = groups, ChosenGroups = chosenGroups, NormaliseWeights = normalise, ScalingFactor = scale };
        KernelComparison.Agree(
            parameters =>
            {
                var router = new SigmoidRouter(parameters, "gate", width: 6, options);
                using (no_grad()) router.Bias.copy_(KernelComparison.Random(4, 8));
                return inputs =>
                {
                    var routing = router.Route(inputs[0], sequences: 4);
                    var order = routing.Experts.argsort(-1); // the plain form's is not specified
                    return [routing.Weights.gather(-1, order), routing.BalanceLoss, routing.ZLoss, routing.Experts.gather(-1, order).to(ScalarType.Float64) + inputs[0].sum() * 0];
                };
            },
            KernelComparison.Random(1, 20, 6));
    }

    [Theory]
    [InlineData(KernelChoice.Fused)]
    [InlineData(KernelChoice.Plain)]
    public void Route_ChoiceGiven_IsKeptWhereScoresTie(KernelChoice kernels)
    {
        using var scope = NewDisposeScope();
        var options = new RouterOptions { Experts = 4, ChosenPerToken = 2 };
        var given = tensor(new long[] { 3, 1 }, [1, 2]);
        var routing = SigmoidRouter.Choose(zeros(1, 4), zeros(4), options, 1, kernels, given);
        Assert.Equal([3L, 1], routing.Experts.data<long>().ToArray());
    }
}
