using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>The scalars of one AdamW step of one parameter.</summary>
/// <param name="LearningRate">Learning rate.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Eps">Epsilon that is added to the square root of the second moment.</param>
/// <param name="WeightDecay">Decoupled weight decay.</param>
/// <param name="Step">Number of this step, from 1.</param>
/// <param name="GradientFactor">Factor on the gradient, for clipping.</param>
public readonly record struct AdamWStepOptions(
    double LearningRate, double Beta1, double Beta2, double Eps, double WeightDecay, double Step, double GradientFactor);

/// <summary>
/// AdamW (Loshchilov and Hutter, algorithm 2) in one pass over memory. Gradient, moments and master are read once, and moments and
/// master are written once; the pass includes clipping and the copy in the compute type. The plain form is libtorch's fused operator.
/// </summary>
public static unsafe class AdamWKernel
{
    /// <summary>Updates master, moments and copy in place.</summary>
    /// <param name="master">fp32 or fp64, contiguous.</param>
    /// <param name="gradient">Gradient, with the master's shape and type.</param>
    /// <param name="expAvg">First moment, with the master's shape and type.</param>
    /// <param name="expAvgSq">Second moment, with the master's shape and type.</param>
    /// <param name="copy">Receives the bf16 copy of an fp32 master; null for none.</param>
    /// <param name="options">Scalars of the step.</param>
    /// <exception cref="ArgumentException">A tensor's size or type does not match the master's.</exception>
    public static void Step(Tensor master, Tensor gradient, Tensor expAvg, Tensor expAvgSq, Tensor? copy, AdamWStepOptions options)
    {
        var count = master.numel();
        foreach (var tensor in new[] { gradient, expAvg, expAvgSq })
        {
            if (tensor.dtype != master.dtype || tensor.numel() != count)
            {
                throw new ArgumentException(
                    $"Gradient and moments must be {count} {master.dtype} values like the master, "
                    + $"not {tensor.numel()} {tensor.dtype} values.");
            }
        }

        if (copy is not null && (master.dtype != ScalarType.Float32 || copy.dtype != ScalarType.BFloat16 || copy.numel() != count))
        {
            throw new ArgumentException(
                $"A copy must be {count} BFloat16 values of a Float32 master, "
                + $"not {copy.numel()} {copy.dtype} values of a {master.dtype} master.",
                nameof(copy));
        }

        RowKernels.RunElements(
            new Update
            {
                Master = TensorMemory.Pointer(master), Gradient = TensorMemory.Pointer(gradient), ExpAvg = TensorMemory.Pointer(expAvg),
                ExpAvgSq = TensorMemory.Pointer(expAvgSq), Copy = TensorMemory.OptionalPointer(copy),
                Options = options,
            },
            master.dtype, count, 4);
    }

    private struct Update : IElementKernel
    {
        public nint Master, Gradient, ExpAvg, ExpAvgSq, Copy;
        public AdamWStepOptions Options;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        readonly void IElementKernel.Run<T, TElement>(long begin, long end)
        {
            TElement* master = (TElement*)Master, gradient = (TElement*)Gradient, expAvg = (TElement*)ExpAvg,
                expAvgSq = (TElement*)ExpAvgSq;
            var copy = (Bf16*)Copy;
            T beta1 = T.Of(Options.Beta1), beta2 = T.Of(Options.Beta2), less1 = T.Of(1 - Options.Beta1), less2 = T.Of(1 - Options.Beta2);
            T keep = T.Of(1 - Options.LearningRate * Options.WeightDecay), eps = T.Of(Options.Eps), factor = T.Of(Options.GradientFactor);
            var rate = T.Of(Options.LearningRate / (1 - Math.Pow(Options.Beta1, Options.Step)));
            var correction = T.Of(1 / Math.Sqrt(1 - Math.Pow(Options.Beta2, Options.Step)));
            for (var i = begin; i < end; i += T.Count)
            {
                var g = T.Load(gradient + i) * factor;
                var m = beta1 * T.Load(expAvg + i) + less1 * g;
                var v = beta2 * T.Load(expAvgSq + i) + less2 * g * g;
                T.Store(expAvg + i, m);
                T.Store(expAvgSq + i, v);
                var weight = T.Load(master + i) * keep - rate * m / (T.Sqrt(v) * correction + eps);
                T.Store(master + i, weight);
                if (copy != null) T.Store(copy + i, weight);
            }
        }
    }
}
