using Distributed.Tensors.Kernels;
using Distributed.Training.Objectives.Distillation;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Objectives.Distillation;

public sealed class DistillationTests
{
    /// <summary>The example of MiMo-V2-Flash's objective with bounds 0.5 and 2.</summary>
    [Fact]
    public void OnPolicy_OfThreeTokens_IsThePublishedValue()
    {
        using var scope = NewDisposeScope();
        var log = tensor(new[] { -1.0, -0.5, -2.0 }).requires_grad_();
        var advantages = OnPolicyDistillation.Advantages(log, tensor(new[] { -0.5, -0.7, -1.0 }));
        var loss = OnPolicyDistillation.Loss(log, tensor(new[] { -1.1, -0.5, -3.5 }), advantages, 0.5, 2).mean();
        loss.backward();
        Assert.Equal(0.150862, loss.ToDouble(), 1e-6);
        double[] expected = [-0.184195, 0.066667, 0];
        foreach (var (e, a) in expected.Zip(log.grad!.data<double>())) Assert.Equal(e, a, 1e-6);
    }

    [Fact]
    public void Divergences_OfEqualDistributions_AreZero()
    {
        using var scope = NewDisposeScope();
        var logits = tensor(new[] { 1.0, 2, 3, -1, 0, 1 }).reshape(2, 3);
        foreach (var loss in new[]
        {
            DivergenceLoss.ForwardKl(logits, logits + 1), DivergenceLoss.ReverseKl(logits, logits + 1),
            DivergenceLoss.JensenShannon(logits, logits + 1, beta: 0.3),
        })
            Assert.Equal(0, loss.abs().max().ToDouble(), 1e-12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void JensenShannon_WithoutAMixture_IsRefused(double beta)
    {
        using var scope = NewDisposeScope();
        var logits = zeros(1, 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => DivergenceLoss.JensenShannon(logits, logits, beta));
    }
}
