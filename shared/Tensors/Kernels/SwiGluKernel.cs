using System.Runtime.CompilerServices;
using Distributed.Tensors.Lanes;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// silu(gate) * up * weight of the row (Shazeer 2020, eq. 5), with gate and up side by side in one matrix, as one
/// product makes them. A routed expert's weight is applied here, before the down projection, which is linear.
/// <code>A rows   I inner width</code>
/// </summary>
public static unsafe class SwiGluKernel
{
    /// <summary>The plain form.</summary>
    /// <param name="gateUp">[A, 2 I].</param>
    /// <param name="weights">[A] in the wide type, or null for 1.</param>
    public static Tensor Plain(Tensor gateUp, Tensor? weights)
    {
        var halves = gateUp.chunk(2, -1);
        var inner = nn.functional.silu(halves[0]) * halves[1];
        return weights is null ? inner : (inner.to(weights.dtype) * weights.unsqueeze(-1)).to(gateUp.dtype);
    }

    /// <summary>Writes the result [A, I].</summary>
    public static void Forward(Tensor gateUp, Tensor? weights, Tensor output)
    {
        var (rows, inner) = (gateUp.shape[0], gateUp.shape[1] / 2);
        RowKernels.Run(
            new ForwardRows { GateUp = TensorMemory.Pointer(gateUp), Weights = Pointer(weights), Output = TensorMemory.Pointer(output), Inner = inner },
            gateUp.dtype, rows, 4 * inner);
    }

    /// <summary>
    /// From the output's gradient [A, I] that of gate and up [A, 2 I], which may be written over them, and that of the
    /// weights [A]; writes the output itself again where <paramref name="output"/> is given, for the down projection's weight gradient.
    /// </summary>
    public static void Backward(Tensor gateUp, Tensor? weights, Tensor gradient, Tensor gateUpGradient, Tensor? weightsGradient, Tensor? output)
    {
        var (rows, inner) = (gateUp.shape[0], gateUp.shape[1] / 2);
        RowKernels.Run(
            new BackwardRows
            {
                GateUp = TensorMemory.Pointer(gateUp), Weights = Pointer(weights), Gradient = TensorMemory.Pointer(gradient),
                GateUpGradient = TensorMemory.Pointer(gateUpGradient), WeightsGradient = Pointer(weightsGradient), Output = Pointer(output), Inner = inner,
            },
            gateUp.dtype, rows, 6 * inner);
    }

    private static nint Pointer(Tensor? tensor) => tensor is null ? 0 : TensorMemory.Pointer(tensor);

    private struct ForwardRows : IRowKernel
    {
        public nint GateUp, Weights, Output;
        public long Inner;

        public readonly void Run<TLanes, TOne, TElement>(long begin, long end)
            where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged
        {
            for (var row = begin; row < end; row++)
            {
                var weight = Weight<TElement>(Weights, row);
                TElement* gate = (TElement*)GateUp + row * 2 * Inner, up = gate + Inner, output = (TElement*)Output + row * Inner;
                long i = 0;
                for (; i <= Inner - TLanes.Count; i += TLanes.Count) Some<TLanes, TElement>(gate + i, up + i, TLanes.Of(weight), output + i);
                for (; i < Inner; i++) Some<TOne, TElement>(gate + i, up + i, TOne.Of(weight), output + i);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Some<T, TElement>(TElement* gate, TElement* up, T weight, TElement* output)
            where T : unmanaged, ILanes<T> where TElement : unmanaged
        {
            var g = T.Load(gate);
            T.Store(output, g * Sigmoid(g) * T.Load(up) * weight);
        }
    }

    private struct BackwardRows : IRowKernel
    {
        public nint GateUp, Weights, Gradient, GateUpGradient, WeightsGradient, Output;
        public long Inner;

        public readonly void Run<TLanes, TOne, TElement>(long begin, long end)
            where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged
        {
            for (var row = begin; row < end; row++)
            {
                var weight = Weight<TElement>(Weights, row);
                var at = new Pointers<TElement>
                {
                    Gate = (TElement*)GateUp + row * 2 * Inner, Up = (TElement*)GateUp + row * 2 * Inner + Inner, Gradient = (TElement*)Gradient + row * Inner,
                    GateGradient = (TElement*)GateUpGradient + row * 2 * Inner, UpGradient = (TElement*)GateUpGradient + row * 2 * Inner + Inner,
                    Output = Output == 0 ? null : (TElement*)Output + row * Inner,
                };
                var (wide, one) = (TLanes.Of(0), TOne.Of(0));
                long i = 0;
                for (; i <= Inner - TLanes.Count; i += TLanes.Count) wide += Some(at, i, TLanes.Of(weight));
                for (; i < Inner; i++) one += Some(at, i, TOne.Of(weight));
                if (WeightsGradient == 0) continue;
                var sum = TLanes.Sum(wide) + TOne.Sum(one);
                if (typeof(TElement) == typeof(double)) ((double*)WeightsGradient)[row] = sum;
                else ((float*)WeightsGradient)[row] = (float)sum;
            }
        }

        // Returns the part of the weight's gradient: silu(gate) * up * gradient.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static T Some<T, TElement>(in Pointers<TElement> at, long i, T weight)
            where T : unmanaged, ILanes<T> where TElement : unmanaged
        {
            T g = T.Load(at.Gate + i), u = T.Load(at.Up + i), d = T.Load(at.Gradient + i);
            var s = Sigmoid(g);
            var silu = g * s;
            var product = silu * u;
            var weighted = d * weight;
            T.Store(at.GateGradient + i, weighted * u * (s + silu * (T.Of(1) - s))); // silu' = s + g s (1 - s)
            T.Store(at.UpGradient + i, weighted * silu);
            if (at.Output != null) T.Store(at.Output + i, product * weight);
            return product * d;
        }
    }

    private struct Pointers<TElement> where TElement : unmanaged
    {
        public TElement* Gate, Up, Gradient, GateGradient, UpGradient, Output;
    }

    private static double Weight<TElement>(nint weights, long row) =>
        weights == 0 ? 1 : typeof(TElement) == typeof(double) ? ((double*)weights)[row] : ((float*)weights)[row];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Sigmoid<T>(T x) where T : unmanaged, ILanes<T> => T.Of(1) / (T.Of(1) + T.Exp(T.Of(0) - x));
}
