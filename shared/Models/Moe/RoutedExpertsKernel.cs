using Distributed.Models.Parameters;
using Distributed.Tensors.Kernels;
using Distributed.Tensors.MatrixProducts;
using static TorchSharp.torch;

namespace Distributed.Models.Moe;

/// <summary>
/// The routed experts as one autograd function with an explicit backward. A row's weight is applied between the two products, where it
/// costs nothing: W_down (w h) = w (W_down h). The only intermediate results kept are gate and up; gathered rows and SwiGLU's output
/// are recomputed in backward.
/// <code>R rows   D width   I inner width   K slots per row   N experts on this rank   A assignments of rows to these experts</code>
/// </summary>
internal static class RoutedExpertsKernel
{
    /// <summary>Computes the sum of each row's weighted experts, [R, D].</summary>
    /// <param name="rows">Tokens, [R, D].</param>
    /// <param name="weights">Weight of each slot, [R, K], in the wide type.</param>
    /// <param name="gateUp">Stacked gate and up matrices, [N, 2 I, D].</param>
    /// <param name="down">Stacked down matrices, [N, D, I].</param>
    /// <param name="assignments">Assigns slots to experts.</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    public static Tensor Apply(Tensor rows, Tensor weights, Parameter gateUp, Parameter down, ExpertAssignments assignments,
        KernelChoice kernels) => kernels == KernelChoice.Plain
            ? Plain(rows, weights, gateUp.Value, down.Value, assignments)
            : Function.apply(rows, weights, gateUp.Value, down.Value,
                new Context(assignments, gateUp.GradientAccumulator, down.GradientAccumulator));

    // The plain form: one product of libtorch for each expert.
    private static Tensor Plain(Tensor rows, Tensor weights, Tensor gateUp, Tensor down, ExpertAssignments assignments)
    {
        var wide = weights.dtype;
        var sums = zeros(rows.shape[0], rows.shape[1], wide);
        if (assignments.Count == 0) // keeps the graph connected: every input gets a gradient of zeros
            return sums.to(rows.dtype) + (rows.sum() + weights.sum() + gateUp.sum() + down.sum()).to(rows.dtype) * 0;

        var x = rows.index_select(0, assignments.Rows);                      // [A, D], by expert
        var both = Grouped(x, gateUp, assignments.CountPerExpert);            // [A, 2 I]
        var inner = SwiGluKernel.Plain(both, null);                          // [A, I]
        var y = Grouped(inner, down, assignments.CountPerExpert);             // [A, D]
        var weighted = y.to(wide) * weights.flatten().index_select(0, assignments.Slots).unsqueeze(-1);
        return sums.index_add(0, assignments.Rows, weighted, 1).to(rows.dtype);
    }

    // One product per expert with rows: [A, inputs] to [A, outputs].
    private static Tensor Grouped(Tensor x, Tensor stack, IReadOnlyList<long> counts)
    {
        var matrices = stack.unbind(0); // backward of unbind is one stack; backward of each select would be a full-size tensor
        var groups = x.split([.. counts], 0);
        return cat([.. groups.Select((group, n) => nn.functional.linear(group, matrices[n]))], 0);
    }

    private sealed record Context(ExpertAssignments Assignments, GradientAccumulator GateUp, GradientAccumulator Down);

    private sealed class Function : SingleKernelFunction<Function>
    {
        private const string Key = "context";

        public override string Name => nameof(RoutedExpertsKernel);

        protected override List<Tensor> Forward(autograd.AutogradContext context, object[] arguments)
        {
            using var scope = NewDisposeScope();
            var (rows, weights, gateUp, down) = (((Tensor)arguments[0]).contiguous(), (Tensor)arguments[1], (Tensor)arguments[2],
                (Tensor)arguments[3]);
            var assignments = ((Context)arguments[4]).Assignments;
            long A = assignments.Count, I = down.size(2);

            var x = PermutationKernel.Gather(rows, assignments.Rows);                        // [A, D], by expert
            var both = empty([A, 2 * I], x.dtype);
            GroupedProduct.Forward(both, x, gateUp, assignments.CountPerExpert);
            var weight = weights.flatten().index_select(0, assignments.Slots);              // [A]
            var inner = empty([A, I], x.dtype);
            SwiGluKernel.Forward(both, weight, inner);
            var y = x;                                                                      // reuses the memory of the gathered rows
            GroupedProduct.Forward(y, inner, down, assignments.CountPerExpert);
            // The saved tensors are read after this method returns.
            context.save_for_backward([rows.MoveToOuterDisposeScope(), weights, gateUp, down, both.MoveToOuterDisposeScope()]);
            context.save_data(Key, arguments[4]);
            return [PermutationKernel.SumRows(y, assignments.Rows, rows.size(0)).MoveToOuterDisposeScope()];
        }

        protected override Tensor?[] Backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            using var scope = NewDisposeScope();
            var saved = context.get_saved_variables();
            var (rows, weights, gateUp, down, both) = (saved[0], saved[1], saved[2], saved[3], saved[4]);
            var (assignments, gateUpSum, downSum) = (Context)context.get_data(Key);
            var counts = assignments.CountPerExpert;
            long A = assignments.Count, I = down.size(2);

            var y = PermutationKernel.Gather(gradients[0].contiguous(), assignments.Rows);        // [A, D]
            var inner = empty([A, I], y.dtype);
            GroupedProduct.InputGradient(inner, y, down, counts);                           // gradient of the weighted SwiGLU
            var weight = weights.flatten().index_select(0, assignments.Slots);
            var (ofBoth, ofWeight, product) = (empty_like(both), empty_like(weight), empty_like(inner));
            SwiGluKernel.Backward(both, weight, inner, ofBoth, ofWeight, product);
            var ofDown = WeightGradient(downSum, down, y, product, counts);

            var x = PermutationKernel.Gather(rows, assignments.Rows);
            var ofGateUp = WeightGradient(gateUpSum, gateUp, ofBoth, x, counts);
            var ofX = gateUpSum.Later is null ? x : empty_like(x); // a deferred product may still read x
            GroupedProduct.InputGradient(ofX, ofBoth, gateUp, counts);
            var ofRows = PermutationKernel.SumRows(ofX, assignments.Rows, rows.size(0));
            var ofWeights = zeros_like(weights).flatten().index_copy_(0, assignments.Slots, ofWeight).view(weights.shape);
            return [ofRows.MoveToOuterDisposeScope(), ofWeights.MoveToOuterDisposeScope(), ofGateUp?.MoveToOuterDisposeScope(),
                ofDown?.MoveToOuterDisposeScope()];
        }

        // Adds the gradient to the accumulator's target; returns the gradient if there is no target.
        private static Tensor? WeightGradient(GradientAccumulator sum, Tensor stack, Tensor y, Tensor x, IReadOnlyList<long> counts)
        {
            if (sum.Target is null)
            {
                var gradient = zeros_like(stack);
                GroupedProduct.AddWeightGradient(gradient, y, x, counts);
                return gradient;
            }

            sum.Add(y, x, (target, ofOutputs, inputs) => GroupedProduct.AddWeightGradient(target, ofOutputs, inputs, counts));
            return null;
        }
    }
}
