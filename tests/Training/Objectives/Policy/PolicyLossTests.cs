using Distributed.Training.Objectives;
using Distributed.Training.Objectives.Policy;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Objectives.Policy;

/// <summary>Values of other projects' published tests.</summary>
public sealed class PolicyLossTests
{
    private static readonly double[] Ratios = [0.5, 1, 1.5], Advantages = [1, -1, 2];

    [Fact]
    public void Clipped_RatiosOutsideTheRange_CountUpToTheBound()
    {
        using var scope = NewDisposeScope();
        Close([-0.5, 1, -2.4], ClippedLoss.Of(tensor(Ratios), tensor(Advantages), new ClipRange()));
    }

    [Fact]
    public void Clipped_NegativeAdvantageWithDualClip_IsBounded()
    {
        using var scope = NewDisposeScope();
        double[] ratios = [0.5, 1, 10], advantages = [1, -1, -4];
        Close([-0.5, 1, 12], ClippedLoss.Of(tensor(ratios), tensor(advantages), new ClipRange(Dual: 3)));
    }

    [Fact]
    public void Clipped_HigherUpperBound_KeepsTheGradientOfMoreTokens()
    {
        using var scope = NewDisposeScope();
        double[] ratios = [1.25], advantages = [1];
        Assert.Equal(1, ClippedLoss.ClippedFraction(tensor(ratios), tensor(advantages), new ClipRange()));
        Assert.Equal(0, ClippedLoss.ClippedFraction(tensor(ratios), tensor(advantages), new ClipRange(High: 0.28)));
    }

    [Fact]
    public void KlInLoss_OfK1_IsRefusedWithTheReason()
    {
        using var scope = NewDisposeScope();
        var zero = zeros(1, ScalarType.Float64);
        Assert.Contains("zero in expectation", Assert.Throws<ArgumentException>(
            () => KlEstimate.InLoss(KlEstimator.K1, zero, zero)).Message, StringComparison.Ordinal);
        Close([0], KlEstimate.InLoss(KlEstimator.K3, zero, zero));
    }

    [Fact]
    public void SequenceRatio_OfOneSequence_IsTheGeometricMean()
    {
        using var scope = NewDisposeScope();
        using var responses = new Responses([3]);
        var ratio = PolicyRatio.OfSequences(tensor(Ratios).log(), zeros(3, ScalarType.Float64), responses);
        Assert.Equal(-0.6057, ClippedLoss.Of(ratio, tensor(Advantages), new ClipRange()).mean().ToDouble(), 4);
    }

    [Fact]
    public void RatioToItself_IsOneWithTheGradientOfTheLogProbability()
    {
        using var scope = NewDisposeScope();
        var log = tensor(new[] { -1.0, -2.0 }).requires_grad_();
        var loss = (-PolicyRatio.OfItself(log) * tensor(new[] { 3.0, -1.0 })).sum();
        loss.backward();
        Assert.Equal(-2, loss.ToDouble());
        Close([-3, 1], log.grad!);
    }

    [Fact]
    public void Reinforce_GradientIsTheNegativeAdvantage()
    {
        using var scope = NewDisposeScope();
        var log = tensor(new[] { -1.0, -2.0 }).requires_grad_();
        ReinforceLoss.Of(log, tensor(new[] { 3.0, -1.0 })).sum().backward();
        Close([-3, 1], log.grad!);
    }

    [Fact]
    public void Cispo_RatioAboveTheBound_KeepsItsGradient()
    {
        using var scope = NewDisposeScope();
        var log = tensor(new[] { -1.0 }).requires_grad_();
        var ratio = PolicyRatio.OfTokens(log, tensor(new[] { -3.0 }));
        CispoLoss.Of(log, ratio, tensor(new[] { 2.0 }), maxRatio: 1.3).sum().backward();
        Close([-2.6], log.grad!);
    }

    [Theory]
    [InlineData(0, -1, 0.5, 0.7183)]
    [InlineData(-15, 14, 98, 13)]
    [InlineData(-30, 29, 420.5, 28)]
    public void Kl_OfOneToken_IsThePublishedValue(double reference, double k1, double k2, double k3)
    {
        using var scope = NewDisposeScope();
        var (log, other) = (tensor(new[] { -1.0 }), tensor(new[] { reference }));
        Close([k1], KlEstimate.Of(KlEstimator.K1, log, other));
        Close([k2], KlEstimate.Of(KlEstimator.K2, log, other));
        Close([k3], KlEstimate.Of(KlEstimator.K3, log, other), 1e-4);
    }

    [Fact]
    public void K3_OfATokenFarFromTheReference_IsFinite()
    {
        using var scope = NewDisposeScope();
        var log = tensor(new[] { -1000.0 }).requires_grad_();
        var loss = KlEstimate.Of(KlEstimator.K3, log, tensor(new[] { 0.0 })).sum();
        loss.backward();
        Assert.True(double.IsFinite(loss.ToDouble()));
        Assert.True(double.IsFinite(log.grad!.ToDouble()));
    }

    [Fact]
    public void TokenWeights_OfTheSampler_AreTruncated()
    {
        using var scope = NewDisposeScope();
        double[] old = [-1, -1, -1], sampled = [-0.5, -1.5, -0.8];
        var weights = ImportanceWeights.OfTokens(tensor(old), tensor(sampled), cap: 0.8);
        Close([-0.3033, 0.8, -1.92], weights * ClippedLoss.Of(tensor(Ratios), tensor(Advantages), new ClipRange()), 1e-4);
    }

    [Fact]
    public void WeightsInABand_OfTokensOutside_AreZero()
    {
        using var scope = NewDisposeScope();
        double[] old = [0, 0, 0], sampled = [-1, 0, 1];
        Close([0, 1, 0], ImportanceWeights.InBand(tensor(old), tensor(sampled), 0.8, 1.25));
    }

    [Fact]
    public void Value_ChangedByMoreThanTheRange_HasNoGradient()
    {
        using var scope = NewDisposeScope();
        var values = tensor(new[] { 1.0, 0.1 }).requires_grad_();
        var loss = ValueLoss.Of(values, zeros(2, ScalarType.Float64), tensor(new[] { 2.0, 2.0 }), range: 0.2);
        Close([(0.2 - 2) * (0.2 - 2) / 2, (0.1 - 2) * (0.1 - 2) / 2], loss);
        loss.sum().backward();
        Close([0, 0.1 - 2], values.grad!);
    }

    [Fact]
    public void Entropy_OfEqualLogits_IsTheLogarithmOfTheirNumber()
    {
        using var scope = NewDisposeScope();
        Close([Math.Log(4)], Entropy.Of(zeros(1, 4, ScalarType.Float64)));
    }

    private static void Close(double[] expected, Tensor actual, double bound = 1e-9)
    {
        var values = actual.detach().data<double>().ToArray();
        Assert.Equal(expected.Length, values.Length);
        foreach (var (e, a) in expected.Zip(values)) Assert.Equal(e, a, bound);
    }
}
