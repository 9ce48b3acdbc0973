using Distributed.Tensors.MatrixProducts;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Looks up rows of a table by index. Backward adds the rows' gradients directly to the table's accumulated gradient; rows with the
/// same index are added in order.
/// </summary>
public static class EmbeddingKernel
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

    private sealed class Function : SingleKernelFunction<Function>
    {
        private const string Sum = "sum";

        public override string Name => nameof(EmbeddingKernel);

        protected override List<Tensor> Forward(autograd.AutogradContext context, object[] arguments)
        {
            var index = (Tensor)arguments[1];
            context.save_for_backward([index]);
            context.save_data(Sum, arguments[2]); // not as a saved tensor: the target changes before backward
            return [PermutationKernel.Gather((Tensor)arguments[0], index)];
        }

        protected override Tensor?[] Backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            var index = context.get_saved_variables()[0];
            PermutationKernel.AddRows(((GradientAccumulator)context.get_data(Sum)).Target!, gradients[0].contiguous(), index);
            return [];
        }
    }
}
