using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class RmsNormKernelTests
{
    [Theory]
    [ClassData<KernelTypes>]
    public void Apply_RowsAndWidthsOfAnySize_EqualsThePlainForm(ScalarType type, double tolerance)
    {
        foreach (var (rows, width) in new[] { (0L, 8L), (1, 2), (3, 7), (64, 16), (200, 133) })
        {
            Tensor[] inputs = [KernelAssert.Random(1, type, rows, width).requires_grad_(),
                KernelAssert.Random(2, type, width).requires_grad_()];
            KernelAssert.Agree(inputs, x => [RmsNormKernel.Apply(x[0], x[1], 1e-5)],
                x => [RmsNormKernel.Plain(x[0], x[1], 1e-5)], tolerance);
        }
    }

    [Theory]
    [ClassData<KernelTypes>]
    public void ApplyToSum_BothResultsUsed_EqualsThePlainForm(ScalarType type, double tolerance)
    {
        Tensor[] inputs = [KernelAssert.Random(1, type, 3, 70, 40).requires_grad_(),
            KernelAssert.Random(2, type, 3, 70, 40).requires_grad_(), KernelAssert.Random(3, type, 40).requires_grad_()];
        KernelAssert.Agree(
            inputs,
            x =>
            {
                var (sum, normed) = RmsNormKernel.ApplyToSum(x[0], x[1], x[2], 1e-6);
                return [sum, normed];
            },
            x => [x[0] + x[1], RmsNormKernel.Plain(x[0] + x[1], x[2], 1e-6)],
            tolerance);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.BFloat16)]
    public void Apply_ExtremeRows_EqualsThePlainFormOfTheSameType(ScalarType type)
    {
        double[] values = [0, 1e-30, -1e-30, 1e18, -1e18, 1e30, -1e30, double.PositiveInfinity, double.NegativeInfinity, double.NaN];
        KernelAssert.OfEitherWidth(() =>
        {
            using var scope = NewDisposeScope();
            var x = KernelAssert.Random(1, type, values.Length, 19) * tensor(values, ScalarType.Float64).to(type).unsqueeze(1);
            var weight = KernelAssert.Random(2, type, 19);
            var (expected, actual) = (RmsNormKernel.Plain(x, weight, 1e-5), RmsNormKernel.Apply(x, weight, 1e-5));
            for (var row = 0; row < values.Length; row++)
                KernelAssert.Close(expected[row], actual[row], type == ScalarType.BFloat16 ? 1.2e-2 : 2e-6, $"row of {values[row]}");
        });
    }

    [Fact]
    public void Apply_ShapesOrTypesThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        var (x, weight) = (zeros(3, 4), zeros(4));
        Assert.Contains("Float32 [5]", Assert.Throws<ArgumentException>(() => RmsNormKernel.Apply(x, zeros(5), 1e-5)).Message);
        Assert.Contains("Float64 [4]",
            Assert.Throws<ArgumentException>(() => RmsNormKernel.Apply(x, zeros(4, ScalarType.Float64), 1e-5)).Message);
        Assert.Contains("delta", Assert.Throws<ArgumentException>(() => RmsNormKernel.ApplyToSum(x, zeros(1, 4), weight, 1e-5)).Message);
    }

    [Fact]
    public void ApplyToSum_OneResultUsed_HasItsGradientOnly()
    {
        using var scope = NewDisposeScope();
        var (x, delta, weight) = (KernelAssert.Random(1, ScalarType.Float64, 5, 9).requires_grad_(),
            KernelAssert.Random(2, ScalarType.Float64, 5, 9), KernelAssert.Random(3, ScalarType.Float64, 9));
        var gradient = KernelAssert.Random(4, ScalarType.Float64, 5, 9);
        var fused = autograd.grad([RmsNormKernel.ApplyToSum(x, delta, weight, 1e-6).Normed], [x], [gradient])[0];
        KernelAssert.Close(autograd.grad([RmsNormKernel.Plain(x + delta, weight, 1e-6)], [x], [gradient])[0], fused, 1e-13,
            "through the norm");
        KernelAssert.Close(gradient, autograd.grad([RmsNormKernel.ApplyToSum(x, delta, weight, 1e-6).Sum], [x], [gradient])[0],
            0, "through the sum");
    }
}
