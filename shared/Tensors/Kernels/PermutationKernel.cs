using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Gathers rows of a matrix by index, and sums rows back by index, into a new matrix or into existing sums.
/// <code>T rows   A gathered rows   D width</code>
/// </summary>
public static unsafe class PermutationKernel
{
    /// <summary>Computes the plain form of <see cref="Gather"/> with libtorch's operators.</summary>
    public static Tensor PlainGather(Tensor rows, Tensor index) => rows.index_select(0, index);

    /// <summary>Computes the plain form of <see cref="SumRows"/> with libtorch's operators.</summary>
    public static Tensor PlainSumRows(Tensor values, Tensor index, long rows, ScalarType wide) =>
        zeros([rows, values.size(1)], wide).index_add(0, index, values.to(wide), 1).to(values.dtype);

    /// <summary>Computes result[a] = rows[index[a]], [A, D].</summary>
    /// <param name="rows">Rows, [T, D], contiguous.</param>
    /// <param name="index">Row of each result, [A] int64, in [0, T).</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not in [0, T).</exception>
    public static Tensor Gather(Tensor rows, Tensor index, KernelChoice kernels = KernelChoice.Fused)
    {
        if (kernels == KernelChoice.Plain) return PlainGather(rows, index);
        Check(TensorMemory.Span<long>(index), rows.size(0));
        var result = empty([index.size(0), rows.size(1)], rows.dtype);
        RowKernels.Run(
            new GatherRows
            {
                Rows = TensorMemory.Pointer(rows), Index = TensorMemory.Pointer(index), Result = TensorMemory.Pointer(result),
                RowBytes = rows.size(1) * rows.ElementSize
            },
            rows.dtype, index.size(0), 2 * rows.size(1));
        return result;
    }

    /// <summary>
    /// Computes result[t] = sum of values[a] over all a with index[a] = t, [T, D] of the values' type. Sums are in the order of a, at least
    /// in fp32.
    /// </summary>
    /// <param name="values">Values, [A, D], contiguous.</param>
    /// <param name="index">Row of each value, [A] int64, in [0, T).</param>
    /// <param name="rows">Number of rows T.</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not in [0, T).</exception>
    public static Tensor SumRows(Tensor values, Tensor index, long rows, KernelChoice kernels = KernelChoice.Fused)
    {
        if (kernels == KernelChoice.Plain) return PlainSumRows(values, index, rows, WideType.Of(values.dtype));
        var result = empty([rows, values.size(1)], values.dtype);
        Sum(result, values, index, adds: false, values.size(1) * Math.Max(2, index.size(0) / Math.Max(1, rows)));
        return result;
    }

    /// <summary>Computes sum[index[a]] += values[a], in the order of a.</summary>
    /// <param name="sum">Sums, [T, D] fp32 or fp64, contiguous.</param>
    /// <param name="values">Values to add, [A, D] of the same type, or bf16 for fp32 sums; contiguous.</param>
    /// <param name="index">Row of each value, [A] int64, in [0, T).</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not in [0, T).</exception>
    public static void AddRows(Tensor sum, Tensor values, Tensor index) =>
        Sum(sum, values, index, adds: true, Math.Max(1, 3 * values.numel() / Math.Max(1, sum.size(0))));

    private static void Sum(Tensor result, Tensor values, Tensor index, bool adds, long elementsPerRow)
    {
        var (starts, positions) = ByRow(TensorMemory.Span<long>(index), result.size(0));
        fixed (int* start = starts, position = positions)
        {
            RowKernels.Run(
                new RowSums
                {
                    Values = TensorMemory.Pointer(values), Starts = (nint)start, Positions = (nint)position,
                    Result = TensorMemory.Pointer(result), Width = values.size(1), Adds = adds,
                },
                values.dtype, result.size(0), elementsPerRow);
        }
    }

    // Lists, for every row, the positions of its values in order.
    private static (int[] Starts, int[] Positions) ByRow(ReadOnlySpan<long> index, long rows)
    {
        Check(index, rows);
        var starts = new int[rows + 1];
        foreach (var row in index) starts[row + 1]++;
        for (var row = 0; row < rows; row++) starts[row + 1] += starts[row];
        var positions = new int[index.Length + 1]; // never empty, so that it has an address
        var next = starts.AsSpan().ToArray();
        for (var a = 0; a < index.Length; a++) positions[next[index[a]]++] = a;
        return (starts, positions);
    }

    private static void Check(ReadOnlySpan<long> index, long rows)
    {
        foreach (var row in index)
            if ((ulong)row >= (ulong)rows)
                throw new ArgumentOutOfRangeException(nameof(index), row, $"A row index must be in [0, {rows}).");
    }

    private struct GatherRows : IRowKernel
    {
        public nint Rows, Index, Result;
        public long RowBytes;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            for (var a = begin; a < end; a++)
                Buffer.MemoryCopy((byte*)Rows + ((long*)Index)[a] * RowBytes, (byte*)Result + a * RowBytes, RowBytes, RowBytes);
        }
    }

    // Sums the values of each row into the row; adds them to the row's sums in the wide type if Adds is set.
    private struct RowSums : IRowKernel
    {
        public nint Values, Starts, Positions, Result;
        public long Width;
        public bool Adds;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            if (Adds) Rows<TSimd, TOne, TElement, TWide>(begin, end);
            else Rows<TSimd, TOne, TElement, TElement>(begin, end);
        }

        private readonly void Rows<TSimd, TOne, TElement, TResult>(long begin, long end)
            where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged where TResult : unmanaged
        {
            var whole = RowLoops.InFullRegisters<TSimd>(Width);
            for (var row = begin; row < end; row++)
            {
                int* first = (int*)Positions + ((int*)Starts)[row], last = (int*)Positions + ((int*)Starts)[row + 1];
                if (Adds && first == last) continue;
                var result = (TResult*)Result + row * Width;
                SumRange<TSimd, TElement, TResult>(first, last, result, 0, whole);
                SumRange<TOne, TElement, TResult>(first, last, result, whole, Width);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void SumRange<T, TElement, TResult>(int* first, int* last, TResult* result, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged where TResult : unmanaged
        {
            var values = (TElement*)Values;
            var (width, adds) = (Width, Adds);
            for (var i = begin; i < end; i += T.Count)
            {
                var sum = adds ? T.Load(result + i) : T.Of(0);
                for (var position = first; position < last; position++) sum += T.Load(values + *position * width + i);
                T.Store(result + i, sum);
            }
        }
    }
}
