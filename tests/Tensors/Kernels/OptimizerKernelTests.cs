using Distributed.Tensors.Kernels;
using Distributed.Tensors.Scripting;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class OptimizerKernelTests
{
    [Theory]
    [InlineData(ScalarType.Float32, 1e-6)]
    [InlineData(ScalarType.Float64, 1e-14)]
    public void AdamW_SeveralSteps_EqualsLibtorchsOperator(ScalarType type, double tolerance) => KernelAssert.OfEitherWidth(() =>
    {
        using var scope = NewDisposeScope();
        var (master, m, v) = (KernelAssert.Random(1, type, 5000), zeros(5000, type), zeros(5000, type));
        var (expected, em, ev, steps) = (master.clone(), zeros(5000, type), zeros(5000, type), zeros([], ScalarType.Float32));
        var copy = type == ScalarType.Float32 ? empty(5000, ScalarType.BFloat16) : null;
        for (var step = 1; step <= 4; step++)
        {
            var gradient = KernelAssert.Random(10 + step, type, 5000);
            AdamWKernel.Step(master, gradient, m, v, copy, new AdamWStepOptions(0.01, 0.9, 0.95, 1e-8, 0.1, step, 0.5));
            ScriptedOperators.FusedAdamW([expected], [gradient * 0.5], [em], [ev], [steps], 0.01, 0.9, 0.95, 0.1, 1e-8);
        }

        KernelAssert.Close(expected, master, tolerance, "master");
        KernelAssert.Close(em, m, tolerance, "first moment");
        KernelAssert.Close(ev, v, tolerance, "second moment");
        if (copy is not null)
            Assert.True(copy.bytes.SequenceEqual(master.to(ScalarType.BFloat16).bytes), "The copy is not the rounded master.");
    });

    [Fact]
    public void AdamW_ExtremeGradients_EqualsLibtorchsOperator() => KernelAssert.OfEitherWidth(() =>
    {
        using var scope = NewDisposeScope();
        var gradient = tensor(
            new[] { 0, 1e-38f, -1e-20f, 1e15f, -1e30f, float.PositiveInfinity, float.NaN, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -11 });
        var count = gradient.numel();
        var (master, m, v, copy) = (ones(count), zeros(count), zeros(count), empty(count, ScalarType.BFloat16));
        var (expected, em, ev, steps) = (ones(count), zeros(count), zeros(count), zeros([], ScalarType.Float32));
        AdamWKernel.Step(master, gradient, m, v, copy, new AdamWStepOptions(0.01, 0.9, 0.95, 1e-8, 0.1, 1, 1));
        ScriptedOperators.FusedAdamW([expected], [gradient], [em], [ev], [steps], 0.01, 0.9, 0.95, 0.1, 1e-8);
        for (var i = 0; i < count; i++)
        {
            KernelAssert.Close(expected[i], master[i], 1e-6, $"master for {gradient[i].item<float>()}");
            KernelAssert.Close(em[i], m[i], 1e-6, $"first moment for {gradient[i].item<float>()}");
            KernelAssert.Close(ev[i], v[i], 1e-6, $"second moment for {gradient[i].item<float>()}");
        }

        KernelAssert.Close(master.to(ScalarType.BFloat16), copy, 0, "copy");
    });

    [Fact]
    public void AdamW_TensorsThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        var (four, numbers) = (zeros(4), new AdamWStepOptions(0.01, 0.9, 0.95, 1e-8, 0.1, 1, 1));
        Assert.Contains("4 BFloat16",
            Assert.Throws<ArgumentException>(
                () => AdamWKernel.Step(four, zeros(4, ScalarType.BFloat16), four, four, null, numbers)).Message);
        Assert.Contains("5 Float32",
            Assert.Throws<ArgumentException>(() => AdamWKernel.Step(four, four, zeros(5), four, null, numbers)).Message);
        Assert.Contains("A copy must be 4 BFloat16 values",
            Assert.Throws<ArgumentException>(() => AdamWKernel.Step(four, four, four, four, zeros(4), numbers)).Message);
    }

    [Fact]
    public void SumOfSquares_AnyCount_EqualsThePlainForm() => KernelAssert.OfEitherWidth(() =>
    {
        using var scope = NewDisposeScope();
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16 })
        {
            foreach (var count in new[] { 0L, 1, 4095, 4096, 100_003 })
            {
                var values = KernelAssert.Random(1, type, count);
                Assert.Equal(SumOfSquaresKernel.Plain(values), SumOfSquaresKernel.Of(values), 1e-6 * Math.Max(1, count));
            }
        }
    });

    [Fact]
    public void SumOfSquares_LargeAndSmallValues_IncludesBoth() => KernelAssert.OfEitherWidth(() =>
    {
        using var scope = NewDisposeScope();
        foreach (var large in new[] { 3e15f, 1e30f }) // the square of the second is beyond fp32
        {
            var values = cat([tensor(new[] { large, -large }), full(9000, large / 1000)]);
            Assert.Equal(1, SumOfSquaresKernel.Of(values) / SumOfSquaresKernel.Plain(values), 1e-6);
        }

        Assert.Equal(double.PositiveInfinity, SumOfSquaresKernel.Of(tensor(new[] { 1, float.NegativeInfinity })));
        Assert.Equal(double.NaN, SumOfSquaresKernel.Of(tensor(new[] { float.NaN, float.NegativeInfinity })));
    });
}
