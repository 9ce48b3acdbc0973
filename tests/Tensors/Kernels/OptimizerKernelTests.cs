using Distributed.Tensors.Kernels;
using Distributed.Tensors.Scripting;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class OptimizerKernelTests
{
    [Theory]
    [InlineData(ScalarType.Float32, 1e-6)]
    [InlineData(ScalarType.Float64, 1e-14)]
    public void AdamW_SeveralSteps_IsLibtorchsOperator(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var (master, m, v) = (KernelAssert.Random(1, type, 5000), zeros(5000, type), zeros(5000, type));
        var (expected, em, ev, steps) = (master.clone(), zeros(5000, type), zeros(5000, type), zeros([], ScalarType.Float32));
        var copy = type == ScalarType.Float32 ? empty(5000, ScalarType.BFloat16) : null;
        for (var step = 1; step <= 4; step++)
        {
            var gradient = KernelAssert.Random(10 + step, type, 5000);
            AdamWKernel.Step(master, gradient, m, v, copy, new AdamWNumbers(0.01, 0.9, 0.95, 1e-8, 0.1, step, 0.5));
            ScriptedOperators.FusedAdamW([expected], [gradient * 0.5], [em], [ev], [steps], 0.01, 0.9, 0.95, 0.1, 1e-8);
        }

        KernelAssert.Close(expected, master, tolerance, "master");
        KernelAssert.Close(em, m, tolerance, "first moment");
        KernelAssert.Close(ev, v, tolerance, "second moment");
        if (copy is not null) Assert.True(copy.bytes.SequenceEqual(master.to(ScalarType.BFloat16).bytes), "The copy is not the master, rounded.");
    }

    [Fact]
    public void SumOfSquares_LargeBesideSmall_KeepsBoth()
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
    }
}
