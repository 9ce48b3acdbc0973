using Distributed.Tensors.Kernels;
using Distributed.Tensors.MatrixProducts;
using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class PermutationKernelTests
{
    [Theory]
    [ClassData<KernelTypes>]
    public void SumRows_RepeatedAndMissingRows_EqualsThePlainForm(ScalarType type, double tolerance)
    {
        foreach (var (places, rows, width) in new[] { (0L, 4L, 5L), (1, 1, 1), (400, 60, 37) })
        {
            var index = Index(places, rows - rows / 3);
            KernelAssert.Agree(
                [KernelAssert.Random(1, type, places, width)], x => [PermutationKernel.SumRows(x[0], index, rows)],
                x => [PermutationKernel.PlainSumRows(x[0], index, rows, ScalarType.Float64)], tolerance);
        }
    }

    [Theory]
    [ClassData<KernelTypes>]
    public void Gather_AnyIndex_EqualsThePlainForm(ScalarType type, double tolerance)
    {
        Assert.True(tolerance > 0); // rows are copied, so even bf16 must be equal
        var index = Index(400, 60);
        KernelAssert.Agree([KernelAssert.Random(1, type, 60, 37)], x => [PermutationKernel.Gather(x[0], index)],
            x => [PermutationKernel.PlainGather(x[0], index)], 0);
    }

    [Theory]
    [ClassData<KernelTypes>]
    public void Embedding_Backward_AddsToTheSum(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var wide = RowKernels.WideType(type);
        var (table, index, gradient) = (KernelAssert.Random(1, type, 50, 19).requires_grad_(), Index(200, 40),
            KernelAssert.Random(2, type, 200, 19));
        var sum = new GradientAccumulator { Target = ones(50, 19, wide) };
        var rows = EmbeddingKernel.Apply(table, index, sum);
        autograd.backward([rows], [gradient]);
        BackwardGuard.ThrowIfFailed();
        KernelAssert.Close(EmbeddingKernel.Plain(table, index), rows, 0, "rows");
        KernelAssert.Close(PermutationKernel.PlainSumRows(gradient.to(ScalarType.Float64), index, 50, ScalarType.Float64) + 1,
            sum.Target, tolerance, "sum");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void Index_OutsideOfTheRows_IsNamed(long row)
    {
        using var scope = NewDisposeScope();
        var (rows, index) = (zeros(4, 3), tensor(new[] { 0, row }));
        Assert.Contains("must be in [0, 4)",
            Assert.Throws<ArgumentOutOfRangeException>(() => PermutationKernel.Gather(rows, index)).Message);
        Assert.Equal(row, Assert.Throws<ArgumentOutOfRangeException>(() => PermutationKernel.SumRows(zeros(2, 3), index, 4)).ActualValue);
        Assert.Throws<ArgumentOutOfRangeException>(() => PermutationKernel.AddRows(zeros(4, 3), zeros(2, 3), index));
    }

    private static Tensor Index(long count, long below)
    {
        using var generator = new Generator(5);
        return randint(0, Math.Max(1, below), [count], ScalarType.Int64, generator: generator);
    }
}
