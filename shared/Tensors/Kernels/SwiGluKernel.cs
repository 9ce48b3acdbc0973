using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Computes silu(gate) * up * row weight (Shazeer 2020, eq. 5) from gate and up side by side in one matrix, the result of one product.
/// A routed expert's weight is applied here, before the down projection, which is linear.
/// <code>A rows   I inner width</code>
/// </summary>
public static unsafe class SwiGluKernel
{
    /// <summary>Computes the plain form with libtorch's operators.</summary>
    /// <param name="gateUp">Gate and up, [A, 2 I].</param>
    /// <param name="weights">Weight of each row, [A] in the wide type; null for 1.</param>
    public static Tensor Plain(Tensor gateUp, Tensor? weights)
    {
        var halves = gateUp.chunk(2, -1);
        var inner = nn.functional.silu(halves[0]) * halves[1];
        return weights is null ? inner : (inner.to(weights.dtype) * weights.unsqueeze(-1)).to(gateUp.dtype);
    }

    /// <summary>Computes silu(gate) * up, [..., I]; differentiable.</summary>
    /// <param name="gateUp">Gate and up, [..., 2 I].</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    public static Tensor Apply(Tensor gateUp, KernelChoice kernels = KernelChoice.Fused) =>
        kernels == KernelChoice.Plain ? Plain(gateUp, null) : Function.apply(gateUp);

    /// <summary>Writes the result [A, I] to <paramref name="output"/>.</summary>
    public static void Forward(Tensor gateUp, Tensor? weights, Tensor output)
    {
        var inner = gateUp.size(-1) / 2;
        var rows = inner == 0 ? 0 : output.numel() / inner;
        RowKernels.Run(
            new ForwardRows
            {
                GateUp = TensorMemory.Pointer(gateUp), Weights = TensorMemory.OptionalPointer(weights),
                Output = TensorMemory.Pointer(output), Inner = inner,
            },
            gateUp.dtype, rows, 4 * inner);
    }

    /// <summary>
    /// Computes the gradients of gate and up [A, 2 I], which may overwrite them, and of the weights [A] from the output's gradient [A, I].
    /// If <paramref name="output"/> is not null, it also recomputes the output, for the down projection's weight gradient.
    /// </summary>
    public static void Backward(Tensor gateUp, Tensor? weights, Tensor gradient, Tensor gateUpGradient,
        Tensor? weightsGradient, Tensor? output)
    {
        var inner = gateUp.size(-1) / 2;
        var rows = inner == 0 ? 0 : gradient.numel() / inner;
        RowKernels.Run(
            new BackwardRows
            {
                GateUp = TensorMemory.Pointer(gateUp), Weights = TensorMemory.OptionalPointer(weights),
                Gradient = TensorMemory.Pointer(gradient), GateUpGradient = TensorMemory.Pointer(gateUpGradient),
                WeightsGradient = TensorMemory.OptionalPointer(weightsGradient),
                Output = TensorMemory.OptionalPointer(output), Inner = inner,
            },
            gateUp.dtype, rows, 6 * inner);
    }

    private sealed class Function : SingleKernelFunction<Function>
    {
        public override string Name => nameof(SwiGluKernel);

        protected override List<Tensor> Forward(autograd.AutogradContext context, object[] arguments)
        {
            var gateUp = ((Tensor)arguments[0]).contiguous();
            var output = empty([.. gateUp.shape[..^1], gateUp.size(-1) / 2], gateUp.dtype);
            SwiGluKernel.Forward(gateUp, null, output);
            context.save_for_backward([gateUp]);
            return [output];
        }

        protected override Tensor?[] Backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            var gateUp = context.get_saved_variables()[0];
            var result = empty(gateUp.shape, gateUp.dtype);
            SwiGluKernel.Backward(gateUp, null, gradients[0].contiguous(), result, null, null);
            return [result];
        }
    }

    private struct ForwardRows : IRowKernel
    {
        public nint GateUp, Weights, Output;
        public long Inner;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            var whole = RowLoops.InFullRegisters<TSimd>(Inner);
            for (var row = begin; row < end; row++)
            {
                var weight = Weights == 0 ? 1 : Elements.Get<TOne, TWide>((TWide*)Weights, row);
                TElement* gate = (TElement*)GateUp + row * 2 * Inner, output = (TElement*)Output + row * Inner;
                ComputeRange<TSimd, TElement>(gate, gate + Inner, output, weight, 0, whole);
                ComputeRange<TOne, TElement>(gate, gate + Inner, output, weight, whole, Inner);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void ComputeRange<T, TElement>(TElement* gate, TElement* up, TElement* output, double weight, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            var factor = T.Of(weight);
            for (var i = begin; i < end; i += T.Count)
            {
                var g = T.Load(gate + i);
                T.Store(output + i, g * SimdFunctions.Sigmoid(g) * T.Load(up + i) * factor);
            }
        }
    }

    private struct BackwardRows : IRowKernel
    {
        public nint GateUp, Weights, Gradient, GateUpGradient, WeightsGradient, Output;
        public long Inner;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            var whole = RowLoops.InFullRegisters<TSimd>(Inner);
            for (var row = begin; row < end; row++)
            {
                var weight = Weights == 0 ? 1 : Elements.Get<TOne, TWide>((TWide*)Weights, row);
                TElement* gate = (TElement*)GateUp + row * 2 * Inner, gateGradient = (TElement*)GateUpGradient + row * 2 * Inner;
                TElement* gradient = (TElement*)Gradient + row * Inner, output = Output == 0 ? null : (TElement*)Output + row * Inner;
                var sum = ComputeRange<TSimd, TElement>(gate, gradient, gateGradient, output, Inner, weight, 0, whole)
                    + ComputeRange<TOne, TElement>(gate, gradient, gateGradient, output, Inner, weight, whole, Inner);
                if (WeightsGradient != 0) Elements.Set<TOne, TWide>((TWide*)WeightsGradient, row, sum);
            }
        }

        // Returns this range's part of the weight's gradient: the sum of silu(gate) * up * gradient.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static double ComputeRange<T, TElement>(
            TElement* gate, TElement* gradient, TElement* gateGradient, TElement* output, long inner, double weight, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            var (factor, one, sum) = (T.Of(weight), T.Of(1), T.Of(0));
            for (var i = begin; i < end; i += T.Count)
            {
                T g = T.Load(gate + i), u = T.Load(gate + inner + i), d = T.Load(gradient + i);
                var s = SimdFunctions.Sigmoid(g);
                var silu = g * s;
                var product = silu * u;
                var weighted = d * factor;
                T.Store(gateGradient + i, weighted * u * (s + silu * (one - s))); // silu' = s + g s (1 - s)
                T.Store(gateGradient + inner + i, weighted * silu);
                if (output != null) T.Store(output + i, product * factor);
                sum = T.MultiplyAdd(product, d, sum);
            }

            return T.Sum(sum);
        }
    }
}
