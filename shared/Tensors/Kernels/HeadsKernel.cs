using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Splits one projection with side-by-side heads into queries, keys and values in one pass. The first P dimensions of the heads of the
/// leading parts are rotated by position (Su et al. 2021, eq. 34, with pairs (x_i, x_i+P/2)); all other values are copied.
/// <code>B sequences   S tokens   H heads of all parts   W width of a head   P rotary width</code>
/// </summary>
public static unsafe class HeadsKernel
{
    /// <summary>Computes the plain form with libtorch's operators.</summary>
    public static Tensor[] Plain(Tensor heads, long[] counts, int rotated, Tensor cos, Tensor sin)
    {
        var parts = heads.split(counts, 2);
        for (var part = 0; part < rotated; part++)
        {
            long half = cos.size(3), rest = heads.size(3) - 2 * half;
            var pieces = parts[part].split([half, half, rest], -1);
            parts[part] = cat([pieces[0] * cos - pieces[1] * sin, pieces[1] * cos + pieces[0] * sin, pieces[2]], -1);
        }

        return parts;
    }

    /// <summary>Computes the parts, [B, S, counts[i], W] each; differentiable.</summary>
    /// <param name="heads">Heads of all parts, [B, S, H, W].</param>
    /// <param name="counts">Number of heads of each part; the sum is H.</param>
    /// <param name="rotated">Number of leading parts to rotate.</param>
    /// <param name="cos">Cosines, [B, S, 1, P/2], of the heads' type.</param>
    /// <param name="sin">Sines, [B, S, 1, P/2], of the heads' type.</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    /// <exception cref="ArgumentException">Shapes or types do not match.</exception>
    public static Tensor[] Apply(Tensor heads, long[] counts, int rotated, Tensor cos, Tensor sin,
        KernelChoice kernels = KernelChoice.Fused)
    {
        if (kernels == KernelChoice.Plain) return Plain(heads, counts, rotated, cos, sin);
        if (counts.Sum() != heads.size(2))
        {
            throw new ArgumentException(
                $"Parts of {string.Join(", ", counts)} heads need {counts.Sum()} heads; there are {heads.size(2)}.", nameof(counts));
        }

        if (rotated < 0 || rotated > counts.Length)
            throw new ArgumentException($"Cannot rotate {rotated} parts: there are {counts.Length}.", nameof(rotated));
        if (2 * cos.size(3) > heads.size(3))
            throw new ArgumentException($"Heads of width {heads.size(3)} have no {2 * cos.size(3)} dimensions to rotate.", nameof(heads));
        RotaryKernel.Check(heads, cos, sin);
        return [.. Function.apply(heads, new Settings(counts, rotated, cos, sin))];
    }

    private sealed record Settings(long[] Counts, int Rotated, Tensor Cos, Tensor Sin);

    private sealed class Function : KernelFunction<Function>
    {
        private const string Key = "settings";

        public override string Name => nameof(HeadsKernel);

        protected override List<Tensor> Forward(autograd.AutogradContext context, object[] arguments)
        {
            var (heads, settings) = (((Tensor)arguments[0]).contiguous(), (Settings)arguments[1]);
            long B = heads.size(0), S = heads.size(1);
            var parts = settings.Counts.Select(count => empty([B, S, count, heads.size(3)], heads.dtype)).ToList();
            Run(heads, parts, settings.Counts, settings.Rotated, settings.Cos, settings.Sin, back: false);
            context.save_for_backward([settings.Cos, settings.Sin]);
            context.save_data(Key, (settings.Counts, settings.Rotated, heads.size(3)));
            context.set_materialize_grads(false);
            return parts;
        }

        protected override Tensor?[] Backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            var saved = context.get_saved_variables();
            var (counts, rotated, W) = ((long[] Counts, int Rotated, long Width))context.get_data(Key);
            var (cos, sin) = (saved[0], saved[1]);
            long B = cos.size(0), S = cos.size(1);
            var ofParts = gradients
                .Select((gradient, part) => BackwardGuard.OrZeros(gradient, [B, S, counts[part], W], cos.dtype)).ToList();
            var ofHeads = empty([B, S, counts.Sum(), W], cos.dtype);
            Run(ofHeads, ofParts, counts, rotated, cos, sin, back: true);
            return [ofHeads];
        }
    }

    // Processes one part after another: a part is a range of heads of every token.
    private static void Run(Tensor heads, List<Tensor> parts, long[] counts, int rotated, Tensor cos, Tensor sin, bool back)
    {
        using var ownCos = cos.contiguous();
        using var ownSin = sin.contiguous();
        long W = heads.size(3), tokens = heads.size(0) * heads.size(1), first = 0;
        for (var part = 0; part < counts.Length; first += counts[part++])
        {
            RowKernels.Run(
                new Tokens
                {
                    Heads = TensorMemory.Pointer(heads), Part = TensorMemory.Pointer(parts[part]), Cos = TensorMemory.Pointer(ownCos),
                    Sin = TensorMemory.Pointer(ownSin),
                    All = heads.size(2), First = first, Count = counts[part], W = W, P = part < rotated ? 2 * cos.size(3) : 0,
                    Half = cos.size(3), Back = back,
                },
                heads.dtype, tokens, 2 * counts[part] * W);
        }
    }

    private struct Tokens : IRowKernel
    {
        public nint Heads, Part, Cos, Sin;
        public long All, First, Count, W, P, Half;
        public bool Back;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            for (var token = begin; token < end; token++)
            {
                TElement* cos = (TElement*)Cos + token * Half, sin = (TElement*)Sin + token * Half;
                TElement* heads = (TElement*)Heads + (token * All + First) * W, part = (TElement*)Part + token * Count * W;
                var (from, to) = Back ? ((nint)part, (nint)heads) : ((nint)heads, (nint)part);
                if (P == 0) Rotation.Copy((TElement*)from, (TElement*)to, Count * W);
                else
                {
                    for (long head = 0; head < Count; head++)
                    {
                        TElement* x = (TElement*)from + head * W, y = (TElement*)to + head * W;
                        Rotation.Copy(x + P, y + P, W - P);
                        if (Back) Rotation.Invert<TSimd, TOne, TElement>(x, 1, 0, cos, sin, y, Half, false);
                        else Rotation.Apply<TSimd, TOne, TElement>(x, cos, sin, y, Half, false);
                    }
                }
            }
        }
    }
}
