using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Cross-entropy of rows of logits. The gradient overwrites the logits, so it needs neither a second matrix of that size nor an fp32
/// copy of bf16 logits.
/// </summary>
public static unsafe class CrossEntropyKernel
{
    /// <summary>Target of a row without a prediction: its loss and gradient are 0.</summary>
    public const long NoTarget = -100;

    /// <summary>Computes the plain form without the gradient: the sum of the rows' losses.</summary>
    /// <param name="logits">Logits, [T, V].</param>
    /// <param name="targets">Target of each row, [T] int64.</param>
    /// <param name="wide">Compute type.</param>
    public static Tensor Plain(Tensor logits, Tensor targets, ScalarType wide) =>
        nn.functional.cross_entropy(logits.to(wide), targets, ignore_index: NoTarget, reduction: nn.Reduction.Sum);

    /// <summary>Writes logsumexp(logits) - logits[target] of each row to <paramref name="losses"/>.</summary>
    /// <param name="logits">
    /// Logits, [T, V] bf16, fp32 or fp64, contiguous; with a factor, overwritten with factor * (softmax - one-hot).
    /// </param>
    /// <param name="targets">Target of each row, [T] int64, in [0, V) or <see cref="NoTarget"/>.</param>
    /// <param name="losses">Receives the losses, [T] fp64.</param>
    /// <param name="factor">Factor on the gradient; null leaves the logits unchanged.</param>
    /// <param name="factors">Further factors on the gradient of each row, [T] fp64, contiguous; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">A target is outside the vocabulary.</exception>
    public static void Run(Tensor logits, Tensor targets, Tensor losses, double? factor, Tensor? factors = null)
    {
        var (rows, vocabulary) = (logits.size(0), logits.size(1));
        foreach (var target in TensorMemory.Span<long>(targets))
        {
            if (target != NoTarget && (target < 0 || target >= vocabulary))
            {
                throw new ArgumentOutOfRangeException(
                    nameof(targets), target, $"A target must be a token of the vocabulary, 0 to {vocabulary - 1}, or {NoTarget} for none.");
            }
        }

        RowKernels.Run(
            new Rows
            {
                Logits = TensorMemory.Pointer(logits), Targets = TensorMemory.Pointer(targets), Losses = TensorMemory.Pointer(losses),
                Vocabulary = vocabulary, Factor = factor ?? 0,
                Factors = factors is null ? 0 : TensorMemory.Pointer(factors), WithGradient = factor is not null,
            },
            logits.dtype, rows, 4 * vocabulary);
    }

    private struct Rows : IRowKernel
    {
        public nint Logits, Targets, Losses, Factors;
        public long Vocabulary;
        public double Factor;
        public bool WithGradient;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            var whole = RowLoops.InFullRegisters<TSimd>(Vocabulary);
            for (var row = begin; row < end; row++)
            {
                var logits = (TElement*)Logits + row * Vocabulary;
                var target = ((long*)Targets)[row];
                if (target == NoTarget)
                {
                    ((double*)Losses)[row] = 0;
                    if (WithGradient) Unsafe.InitBlockUnaligned(logits, 0, checked((uint)(Vocabulary * sizeof(TElement))));
                    continue;
                }

                var largest = RowLoops.Largest<TSimd, TOne, TElement>(logits, Vocabulary);
                var sum = SumOfExp<TSimd, TElement>(logits, largest, 0, whole)
                    + SumOfExp<TOne, TElement>(logits, largest, whole, Vocabulary);
                ((double*)Losses)[row] = largest + Math.Log(sum) - Elements.Get<TOne, TElement>(logits, target);
                if (!WithGradient) continue;
                var factor = Factors == 0 ? Factor : Factor * ((double*)Factors)[row];
                Gradient<TSimd, TElement>(logits, largest, factor / sum, 0, whole);
                Gradient<TOne, TElement>(logits, largest, factor / sum, whole, Vocabulary);
                TOne.Store(logits + target, TOne.Load(logits + target) - TOne.Of(factor));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static double SumOfExp<T, TElement>(TElement* logits, double largest, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            var (top, sum) = (T.Of(largest), T.Of(0));
            for (var i = begin; i < end; i += T.Count) sum += T.Exp(T.Load(logits + i) - top);
            return T.Sum(sum);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Gradient<T, TElement>(TElement* logits, double largest, double factor, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            var (top, scale) = (T.Of(largest), T.Of(factor));
            for (var i = begin; i < end; i += T.Count) T.Store(logits + i, T.Exp(T.Load(logits + i) - top) * scale);
        }
    }
}
