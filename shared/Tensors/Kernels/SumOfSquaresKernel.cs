using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>Sums the squares of all elements, for norms: by blocks of fixed size, whose sums are added in order in fp64.</summary>
public static unsafe class SumOfSquaresKernel
{
    private const long Block = 4096;

    /// <summary>Computes the plain form with libtorch's operators.</summary>
    public static double Plain(Tensor values)
    {
        using var scope = NewDisposeScope();
        return values.to(ScalarType.Float64).square().sum().item<double>();
    }

    /// <summary>Computes the sum. If squares overflow fp32 (elements above 1.8e19), the plain form computes it in fp64.</summary>
    /// <param name="values">Values of any shape, bf16, fp32 or fp64, contiguous.</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    public static double Of(Tensor values, KernelChoice kernels = KernelChoice.Fused)
    {
        if (kernels == KernelChoice.Plain) return Plain(values);
        var count = values.numel();
        var sums = new double[(count + Block - 1) / Block];
        fixed (double* sum = sums)
            RowKernels.Run(new Blocks { Values = TensorMemory.Pointer(values), Sums = (nint)sum, Count = count }, values.dtype,
                sums.Length, Block);
        var total = 0.0;
        foreach (var sum in sums) total += sum;
        return double.IsFinite(total) ? total : Plain(values);
    }

    private struct Blocks : IRowKernel
    {
        public nint Values, Sums;
        public long Count;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            for (var block = begin; block < end; block++)
            {
                var (first, last) = (block * Block, Math.Min(Count, (block + 1) * Block));
                var whole = first + RowLoops.InFullRegisters<TSimd>(last - first);
                ((double*)Sums)[block] = Squares<TSimd, TElement>((TElement*)Values, first, whole)
                    + Squares<TOne, TElement>((TElement*)Values, whole, last);
            }
        }

        // Sums 256 elements at a time in registers; the sums of these chunks are added in fp64.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static double Squares<T, TElement>(TElement* values, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            const long Chunk = 256;
            var total = 0.0;
            for (var first = begin; first < end; first += Chunk)
            {
                var sum = T.Of(0);
                for (var i = first; i < Math.Min(end, first + Chunk); i += T.Count)
                {
                    var value = T.Load(values + i);
                    sum = T.MultiplyAdd(value, value, sum);
                }

                total += T.Sum(sum);
            }

            return total;
        }
    }
}
