using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class RouterKernelTests
{
    [Fact]
    public void Apply_EqualScores_TakesTheLowerIndices()
    {
        using var scope = NewDisposeScope();
        var choice = RouterKernel.Apply(zeros(2, 6), zeros(6), new RouterOptions { Experts = 6, ChosenPerToken = 3 }, 1);
        Assert.Equal([0, 1, 2, 0, 1, 2], choice.Experts.data<long>().ToArray());
        KernelAssert.Close(full([2, 3], 1.0 / 3), choice.Weights, 1e-6, "weights");
    }

    [Fact]
    public void Apply_NaNScores_ChoosesDistinctExperts()
    {
        using var scope = NewDisposeScope();
        var choice = RouterKernel.Apply(full([1, 4], double.NaN), zeros(4), new RouterOptions { Experts = 4, ChosenPerToken = 3 }, 1);
        Assert.Equal([0, 1, 2], choice.Experts.data<long>().ToArray().Order());
    }

    [Fact]
    public void Apply_NegativeBias_StaysWithinTheChosenGroup()
    {
        using var scope = NewDisposeScope();
        var bias = tensor(new float[] { -5, -5, -9, -9 });
        var choice = RouterKernel.Apply(zeros(1, 4), bias,
            new RouterOptions { Experts = 4, ChosenPerToken = 2, Groups = 2, ChosenGroups = 1, ScalingFactor = 2.5 }, 1);
        Assert.Equal([0, 1], choice.Experts.data<long>().ToArray().Order());
        KernelAssert.Close(full([1, 2], 1.25), choice.Weights, 1e-6, "weights: the bias affects only the choice");
    }

    [Fact]
    public void Apply_ChoiceGiven_ComputesItsWeights()
    {
        using var scope = NewDisposeScope();
        var given = tensor(new long[] { 3, 0 }, [1, 2]);
        var choice = RouterKernel.Apply(tensor(new float[] { 0, 5, 5, 0 }, [1, 4]), zeros(4),
            new RouterOptions { Experts = 4, ChosenPerToken = 2 }, 1, given);
        Assert.Equal([3, 0], choice.Experts.data<long>().ToArray());
        KernelAssert.Close(full([1, 2], 0.5), choice.Weights, 1e-6, "weights");
    }

    [Fact]
    public void Apply_NoTokens_GivesZeroLosses()
    {
        using var scope = NewDisposeScope();
        var choice = RouterKernel.Apply(zeros(0, 4), zeros(4), new RouterOptions { Experts = 4, ChosenPerToken = 2 }, 0);
        Assert.Equal((0f, 0f), (choice.BalanceLoss.item<float>(), choice.ZLoss.item<float>()));
    }
}
