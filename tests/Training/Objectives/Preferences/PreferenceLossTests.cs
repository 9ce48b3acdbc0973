using Distributed.Training.Objectives.Preferences;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Objectives.Preferences;

public sealed class PreferenceLossTests
{
    [Fact]
    public void Dpo_OfAMargin_IsThePublishedValue() => Assert.Equal(0.598139, Value(PreferenceLoss.Dpo, margin: 2, beta: 0.1), 1e-6);

    [Fact]
    public void Dpo_WithoutAMargin_IsTheLogarithmOfTwo() =>
        Assert.Equal(Math.Log(2), Value(PreferenceLoss.Dpo, margin: 0, beta: 0.3), 1e-12);

    [Fact]
    public void Dpo_WithSmoothingOfAHalf_HasNoGradientAtZero()
    {
        using var scope = NewDisposeScope();
        var margin = zeros(1, ScalarType.Float64).requires_grad_();
        PreferenceLoss.Dpo(margin, beta: 0.1, smoothing: 0.5).sum().backward();
        Assert.Equal(0, margin.grad!.ToDouble(), 1e-12);
    }

    [Fact]
    public void Ipo_AtItsTarget_IsZero() => Assert.Equal(0, Value((m, b, _) => PreferenceLoss.Ipo(m, b), margin: 5, beta: 0.1), 1e-12);

    [Fact]
    public void BradleyTerry_OfTwoRewards_IsThePublishedValue()
    {
        using var scope = NewDisposeScope();
        var (chosen, rejected) = (tensor(new[] { 1.0 }), tensor(new[] { 0.2 }));
        Assert.Equal(0.371101, BradleyTerryLoss.Of(chosen, rejected).ToDouble(), 1e-6);
        Assert.Equal(0.371101 + 0.01 * 1.44, BradleyTerryLoss.Of(chosen, rejected, centring: 0.01).ToDouble(), 1e-6);
        Assert.Equal(Math.Log(2), BradleyTerryLoss.Of(chosen, rejected, tensor(new[] { 0.8 })).ToDouble(), 1e-9);
    }

    private static double Value(Func<Tensor, double, double, Tensor> loss, double margin, double beta)
    {
        using var scope = NewDisposeScope();
        return loss(tensor(new[] { margin }), beta, 0).ToDouble();
    }
}
