using Distributed.Models.Moe;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Tests.Moe;

public sealed class SigmoidRouterTests
{
    [Theory]
    [InlineData(1, 1, true, 1.0)]
    [InlineData(4, 2, true, 2.5)]
    [InlineData(1, 1, false, 1.0)]
    public void Route_ChoiceWeightsAndLosses_EqualThePlainForm(int groups, int chosenGroups, bool normalise, double scale)
    {
        var options = new RouterOptions
        {
            Experts = 8, ChosenPerToken = 3, Groups = groups, ChosenGroups = chosenGroups, NormaliseWeights = normalise,
            ScalingFactor = scale
        };
        KernelComparison.Agree(
            parameters =>
            {
                var router = new SigmoidRouter(parameters, "gate", width: 6, options);
                using (no_grad()) router.Bias.copy_(KernelComparison.Random(4, 8));
                return inputs =>
                {
                    var routing = router.Route(inputs[0], sequences: 4);
                    var order = routing.Experts.argsort(-1); // the plain form's order is not specified
                    return [routing.Weights.gather(-1, order), routing.BalanceLoss, routing.ZLoss,
                        routing.Experts.gather(-1, order).to(ScalarType.Float64) + inputs[0].sum() * 0];
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

    [Theory]
    [InlineData(KernelChoice.Fused, 1, true)]
    [InlineData(KernelChoice.Plain, 1, true)]
    [InlineData(KernelChoice.Fused, 2, true)]
    [InlineData(KernelChoice.Plain, 2, true)]
    [InlineData(KernelChoice.Fused, 1, false)]
    [InlineData(KernelChoice.Plain, 1, false)]
    public void Choose_AllScoresOfATokenAreZero_LossesWeightsAndGradientsAreFinite(KernelChoice kernels, int groups, bool normalise)
    {
        foreach (var dtype in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            using var scope = NewDisposeScope();
            var options = new RouterOptions
            {
                Experts = 4, ChosenPerToken = 2, Groups = groups, ChosenGroups = 1, NormaliseWeights = normalise, ScalingFactor = 2.5
            };
            // Sigmoids of the first token are exactly 0, those of the second denormal, those of the third ordinary.
            var logits = tensor(new double[] { -2e4, -2e4, -2e4, -2e4, -100, -101, -102, -103, 1, 2, 3, 4 }, [3, 4], dtype)
                .requires_grad_();
            var routing = SigmoidRouter.Choose(logits, zeros(4, dtype), options, sequences: 1, kernels);
            (routing.Weights.sum() + routing.BalanceLoss + 1e-3 * routing.ZLoss).backward();
            Assert.All(new[] { routing.Scores, routing.Weights, routing.BalanceLoss, routing.ZLoss, logits.grad! },
                value => Assert.True(value.isfinite().all().item<bool>(), $"{dtype}: {value}"));
            Assert.Equal(0, routing.Weights[0].abs().max().to(ScalarType.Float64).item<double>());
        }
    }
}
