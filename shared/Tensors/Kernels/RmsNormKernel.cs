using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;
using Distributed.Tensors.Scripting;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Root mean square normalisation (Zhang and Sennrich 2019, eq. 4), y = x / sqrt(mean(x²) + eps) * g, optionally fused with the
/// preceding residual sum: s = x + delta, y = norm(s), in one pass. Backward needs s and one value per row.
/// <code>T rows   D width</code>
/// </summary>
public static unsafe class RmsNormKernel
{
    private const long RowsPerBlock = 64; // rows per partial sum of the weight's gradient

    /// <summary>Computes the plain form with libtorch's operators.</summary>
    public static Tensor Plain(Tensor x, Tensor weight, double eps) => ScriptedOperators.RmsNorm(x, weight, eps);

    /// <summary>Computes norm(x), [..., D]; differentiable.</summary>
    /// <param name="x">Input, [..., D].</param>
    /// <param name="weight">Weight g, [D], of x's type.</param>
    /// <param name="eps">Epsilon that is added to the mean square, above 0.</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    /// <exception cref="ArgumentException">Shapes or types do not match.</exception>
    public static Tensor Apply(Tensor x, Tensor weight, double eps, KernelChoice kernels = KernelChoice.Fused)
    {
        if (kernels == KernelChoice.Plain) return Plain(x, weight, eps);
        Check(x, weight, nameof(weight), [x.size(-1)]);
        return Function.apply(x, weight, eps)[0];
    }

    /// <summary>Computes s = x + delta and norm(s); differentiable.</summary>
    /// <param name="x">Residual stream, [..., D].</param>
    /// <param name="delta">Summand, of x's shape and type.</param>
    /// <param name="weight">Weight g, [D], of x's type.</param>
    /// <param name="eps">Epsilon that is added to the mean square, above 0.</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    /// <exception cref="ArgumentException">Shapes or types do not match.</exception>
    public static (Tensor Sum, Tensor Normed) ApplyToSum(Tensor x, Tensor delta, Tensor weight, double eps,
        KernelChoice kernels = KernelChoice.Fused)
    {
        if (kernels == KernelChoice.Plain)
        {
            var sum = x + delta;
            return (sum, Plain(sum, weight, eps));
        }

        Check(x, weight, nameof(weight), [x.size(-1)]);
        Check(x, delta, nameof(delta), x.shape);
        var results = Function.apply(x, weight, eps, delta);
        return (results[1], results[0]);
    }

    private static void Check(Tensor x, Tensor other, string name, ReadOnlySpan<long> shape)
    {
        if (other.dtype != x.dtype || !other.shape.AsSpan().SequenceEqual(shape))
        {
            throw new ArgumentException(
                $"With x {x.dtype} [{string.Join(", ", x.shape)}], {name} must be {x.dtype} [{string.Join(", ", shape.ToArray())}], "
                + $"not {other.dtype} [{string.Join(", ", other.shape)}].",
                name);
        }
    }

    private sealed class Function : KernelFunction<Function>
    {
        private const string Summed = "summed";

        public override string Name => nameof(RmsNormKernel);

        // Arguments: x, weight, eps and optionally delta. Results: the norm and, with delta, the sum.
        protected override List<Tensor> Forward(autograd.AutogradContext context, object[] arguments)
        {
            var (x, weight, eps) = (((Tensor)arguments[0]).contiguous(), (Tensor)arguments[1], (double)arguments[2]);
            var delta = arguments.Length > 3 ? ((Tensor)arguments[3]).contiguous() : null;
            long D = weight.size(0), T = x.numel() / D;
            var (normed, scales) = (empty_like(x), empty([T], RowKernels.WideType(x.dtype)));
            var sum = delta is null ? x : empty_like(x);
            RowKernels.Run(
                new ForwardRows
                {
                    X = TensorMemory.Pointer(x), Delta = TensorMemory.OptionalPointer(delta), Sum = TensorMemory.Pointer(sum),
                    Weight = TensorMemory.Pointer(weight), Normed = TensorMemory.Pointer(normed), Scales = TensorMemory.Pointer(scales),
                    Width = D, Eps = eps,
                },
                x.dtype, T, 4 * D);
            context.save_for_backward([sum, weight, scales]);
            context.save_data(Summed, delta is not null);
            context.set_materialize_grads(false);
            return delta is null ? [normed] : [normed, sum];
        }

        protected override Tensor?[] Backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            var saved = context.get_saved_variables();
            var (sum, weight, scales) = (saved[0], saved[1], saved[2]);
            var summed = (bool)context.get_data(Summed);
            long D = weight.size(0), T = scales.size(0), blocks = (T + RowsPerBlock - 1) / RowsPerBlock;
            var ofNormed = BackwardGuard.OrZeros(gradients[0], sum.shape, sum.dtype);
            var ofSum = summed && BackwardGuard.IsGiven(gradients[1]) ? gradients[1].contiguous() : null;
            var (ofX, parts) = (empty_like(sum), empty([blocks, D], scales.dtype));
            RowKernels.Run(
                new BackwardBlocks
                {
                    Sum = TensorMemory.Pointer(sum), Weight = TensorMemory.Pointer(weight), Scales = TensorMemory.Pointer(scales),
                    NormedGradient = TensorMemory.Pointer(ofNormed),
                    SumGradient = TensorMemory.OptionalPointer(ofSum), XGradient = TensorMemory.Pointer(ofX),
                    Parts = TensorMemory.Pointer(parts), Width = D, Rows = T,
                },
                sum.dtype, blocks, RowsPerBlock * 6 * D);
            using var ofWeight = parts.sum([0L]);
            var narrow = ofWeight.to(weight.dtype);
            return summed ? [ofX, narrow, null, ofX.alias()] : [ofX, narrow];
        }
    }

    private struct ForwardRows : IRowKernel
    {
        public nint X, Delta, Sum, Weight, Normed, Scales;
        public long Width;
        public double Eps;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            var whole = RowLoops.InFullRegisters<TSimd>(Width);
            for (var row = begin; row < end; row++)
            {
                TElement* sum = (TElement*)Sum + row * Width, normed = (TElement*)Normed + row * Width;
                if (Delta != 0)
                {
                    TElement* x = (TElement*)X + row * Width, delta = (TElement*)Delta + row * Width;
                    Add<TSimd, TElement>(x, delta, sum, 0, whole);
                    Add<TOne, TElement>(x, delta, sum, whole, Width);
                }

                var squares = RowLoops.Dot<TSimd, TOne, TElement>(sum, sum, Width);
                var scale = 1 / Math.Sqrt(squares / Width + Eps);
                Elements.Set<TOne, TWide>((TWide*)Scales, row, scale);
                Scale<TSimd, TElement>(sum, (TElement*)Weight, normed, scale, 0, whole);
                Scale<TOne, TElement>(sum, (TElement*)Weight, normed, scale, whole, Width);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Add<T, TElement>(TElement* x, TElement* delta, TElement* sum, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            for (var i = begin; i < end; i += T.Count) T.Store(sum + i, T.Load(x + i) + T.Load(delta + i));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Scale<T, TElement>(TElement* x, TElement* weight, TElement* normed, double scale, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            var factor = T.Of(scale);
            for (var i = begin; i < end; i += T.Count) T.Store(normed + i, T.Load(x + i) * factor * T.Load(weight + i));
        }
    }

    // With r = 1/rms and d = gradient of y: dx = r (d g - x r² mean(x d g)), dg = sum over rows of d x r.
    private struct BackwardBlocks : IRowKernel
    {
        public nint Sum, Weight, Scales, NormedGradient, SumGradient, XGradient, Parts;
        public long Width, Rows;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            var whole = RowLoops.InFullRegisters<TSimd>(Width);
            for (var block = begin; block < end; block++) Block<TSimd, TOne, TElement, TWide>(block, whole);
        }

        private readonly void Block<TSimd, TOne, TElement, TWide>(long block, long whole)
            where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged where TWide : unmanaged
        {
            var weight = (TElement*)Weight;
            var part = (TWide*)Parts + block * Width;
            new Span<TWide>(part, checked((int)Width)).Clear();
            for (var row = block * RowsPerBlock; row < Math.Min(Rows, (block + 1) * RowsPerBlock); row++)
            {
                TElement* x = (TElement*)Sum + row * Width;
                TElement* d = (TElement*)NormedGradient + row * Width, ofX = (TElement*)XGradient + row * Width;
                var ofSum = SumGradient == 0 ? null : (TElement*)SumGradient + row * Width;
                var r = Elements.Get<TOne, TWide>((TWide*)Scales, row);
                var dot = Dot<TSimd, TElement>(x, d, weight, 0, whole) + Dot<TOne, TElement>(x, d, weight, whole, Width);
                var pull = -r * r * r * dot / Width;
                Gradient<TSimd, TElement, TWide>(x, d, weight, ofSum, ofX, part, r, pull, 0, whole);
                Gradient<TOne, TElement, TWide>(x, d, weight, ofSum, ofX, part, r, pull, whole, Width);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static double Dot<T, TElement>(TElement* x, TElement* d, TElement* weight, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            var sum = T.Of(0);
            for (var i = begin; i < end; i += T.Count) sum = T.MultiplyAdd(T.Load(x + i), T.Load(d + i) * T.Load(weight + i), sum);
            return T.Sum(sum);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Gradient<T, TElement, TWide>(TElement* x, TElement* d, TElement* weight, TElement* ofSum, TElement* ofX,
            TWide* part, double r, double pull, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged where TWide : unmanaged
        {
            var (scale, back) = (T.Of(r), T.Of(pull));
            for (var i = begin; i < end; i += T.Count)
            {
                T value = T.Load(x + i), scaled = T.Load(d + i) * scale;
                var gradient = T.MultiplyAdd(value, back, scaled * T.Load(weight + i));
                T.Store(ofX + i, ofSum == null ? gradient : gradient + T.Load(ofSum + i));
                T.Store(part + i, T.MultiplyAdd(value, scaled, T.Load(part + i)));
            }
        }
    }
}
