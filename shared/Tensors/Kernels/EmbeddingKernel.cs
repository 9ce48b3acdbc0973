using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;
using Distributed.Tensors.MatrixProducts;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Looks up rows of a table by index. Backward adds the rows' gradients directly to the table's accumulated gradient; rows with the
/// same index are added in order.
/// </summary>
public static unsafe class EmbeddingKernel
{
    /// <summary>Computes the plain form with libtorch's operators.</summary>
    public static Tensor Plain(Tensor table, Tensor index) => table.index_select(0, index);

    /// <summary>Computes result[t] = table[index[t]], [T, D]; differentiable in the table.</summary>
    /// <param name="table">Table, [V, D], contiguous.</param>
    /// <param name="index">Row of each result, [T] int64, in [0, V).</param>
    /// <param name="sum">Accumulates the table's gradient; without a target, the plain form is computed.</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not in [0, V).</exception>
    public static Tensor Apply(Tensor table, Tensor index, GradientAccumulator sum, KernelChoice kernels = KernelChoice.Fused) =>
        kernels == KernelChoice.Plain || sum.Target is null ? Plain(table, index) : Function.apply(table, index.contiguous(), sum);

    /// <summary>Computes sum[index[t]] += values[t], in the order of t.</summary>
    /// <param name="sum">Sums, [V, D] fp32 or fp64, contiguous.</param>
    /// <param name="values">Values to add, [T, D] of the same type, or bf16 for fp32 sums; contiguous.</param>
    /// <param name="index">Row of each value, [T] int64, in [0, V).</param>
    public static void AddRows(Tensor sum, Tensor values, Tensor index)
    {
        var (starts, positions) = PermutationKernel.ByRow(TensorMemory.Span<long>(index), sum.size(0));
        fixed (int* start = starts, position = positions)
        {
            RowKernels.Run(
                new SumRows
                {
                    Sum = TensorMemory.Pointer(sum), Values = TensorMemory.Pointer(values), Starts = (nint)start,
                    Positions = (nint)position, Width = sum.size(1)
                },
                values.dtype, sum.size(0), Math.Max(1, 3 * values.numel() / Math.Max(1, sum.size(0))));
        }
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        private const string Sum = "sum";

        public override string Name => nameof(EmbeddingKernel);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var index = (Tensor)arguments[1];
            context.save_for_backward([index]);
            context.save_data(Sum, arguments[2]); // not as a saved tensor: the target changes before backward
            return PermutationKernel.Gather((Tensor)arguments[0], index);
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient) => BackwardGuard.Run(3, () =>
        {
            var saved = context.get_saved_variables();
            AddRows(((GradientAccumulator)context.get_data(Sum)).Target!, gradient.contiguous(), saved[0]);
            return [null!, null!, null!];
        });
    }

    private struct SumRows : IRowKernel
    {
        public nint Sum, Values, Starts, Positions;
        public long Width;

        public readonly void Run<TSimd, TOne, TElement>(long begin, long end)
            where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged
        {
            for (var row = begin; row < end; row++)
            {
                int* first = (int*)Positions + ((int*)Starts)[row], last = (int*)Positions + ((int*)Starts)[row + 1];
                if (first == last) continue;
                if (typeof(TElement) == typeof(double)) Row<TSimd, TOne, TElement, double>(row, first, last);
                else Row<TSimd, TOne, TElement, float>(row, first, last);
            }
        }

        private readonly void Row<TSimd, TOne, TElement, TWide>(long row, int* first, int* last)
            where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged where TWide : unmanaged
        {
            var (sum, whole) = ((nint)((TWide*)Sum + row * Width), Width - Width % TSimd.Count);
            Add<TSimd, TElement, TWide>((TWide*)sum, (TElement*)Values, first, last, Width, 0, whole);
            Add<TOne, TElement, TWide>((TWide*)sum, (TElement*)Values, first, last, Width, whole, Width);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Add<T, TElement, TWide>(TWide* sum, TElement* values, int* first, int* last, long width, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged where TWide : unmanaged
        {
            for (var i = begin; i < end; i += T.Count)
            {
                var total = T.Load(sum + i);
                for (var position = first; position < last; position++) total += T.Load(values + *position * width + i);
                T.Store(sum + i, total);
            }
        }
    }
}
