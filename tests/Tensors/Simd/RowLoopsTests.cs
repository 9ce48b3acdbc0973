using Distributed.Tensors.Simd;
using Distributed.Tensors.Tests.Kernels;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Simd;

/// <summary>Loops over rows that fill no, some or all registers.</summary>
public sealed unsafe class RowLoopsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(45)]
    public void DotLargestConvert_RowOfAnyLength_EqualLibtorch(long count)
    {
        using var scope = NewDisposeScope();
        var (a, b) = (KernelAssert.Random(1, ScalarType.BFloat16, count), KernelAssert.Random(2, ScalarType.BFloat16, count));
        var (x, y) = (a.to(ScalarType.Float64), b.to(ScalarType.Float64));
        KernelAssert.OfEitherWidth(() =>
        {
            var (results, wide) = (new double[2], empty(count, ScalarType.Float32));
            fixed (double* result = results)
            {
                RowKernels.Run(
                    new Loops
                    {
                        A = TensorMemory.Pointer(a), B = TensorMemory.Pointer(b), Wide = TensorMemory.Pointer(wide), Results = (nint)result,
                        Count = count,
                    },
                    ScalarType.BFloat16, 1, count);
            }

            Assert.Equal((x * y).sum().item<double>(), results[0], 1e-5);
            Assert.Equal(count == 0 ? double.NegativeInfinity : x.max().item<double>(), results[1]);
            KernelAssert.Close(x, wide, 0, "converted");
        });
    }

    private struct Loops : IRowKernel
    {
        public nint A, B, Wide, Results;
        public long Count;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            Elements.Set<Double1, double>((double*)Results, 0, RowLoops.Dot<TSimd, TOne, TElement>((TElement*)A, (TElement*)B, Count));
            Elements.Set<Double1, double>((double*)Results, 1, RowLoops.Largest<TSimd, TOne, TElement>((TElement*)A, Count));
            RowLoops.Convert<TSimd, TOne, TElement, TWide>((TElement*)A, (TWide*)Wide, Count);
        }
    }
}
