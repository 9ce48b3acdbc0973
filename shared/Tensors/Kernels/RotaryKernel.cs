using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Builds attention heads from projections in one pass. A head consists of a part that is copied and a rotary part that is rotated
/// (Su et al. 2021, eq. 34); all heads may share one rotary part (multi-head latent attention). Input pairs are (x_i, x_i+P/2), or
/// interleaved, (x_2i, x_2i+1); output pairs are always (x_i, x_i+P/2).
/// <code>B sequences   S tokens   H heads   N width without position   P rotary width   V width of values</code>
/// </summary>
public static unsafe class RotaryKernel
{
    /// <summary>Computes the plain form of a rotation with libtorch's operators.</summary>
    public static Tensor Plain(Tensor heads, Tensor cos, Tensor sin, bool interleaved)
    {
        long P = 2 * cos.size(3), N = heads.size(3) - P;
        if (N == 0) return Rotate(heads, cos, sin, interleaved);
        var parts = heads.split([N, P], -1);
        return cat([parts[0], Rotate(parts[1], cos, sin, interleaved)], -1);
    }

    /// <summary>Computes the plain form of keys and values with libtorch's operators.</summary>
    public static (Tensor Key, Tensor Value) Plain(Tensor heads, long width, Tensor rotary, Tensor cos, Tensor sin, bool interleaved)
    {
        var parts = heads.split([width, heads.size(3) - width], -1);
        var rotated = Rotate(rotary, cos, sin, interleaved).expand(-1, -1, heads.size(2), -1);
        return (cat([parts[0], rotated], -1), parts[1]);
    }

    private static Tensor Rotate(Tensor x, Tensor cos, Tensor sin, bool interleaved)
    {
        var half = cos.size(3);
        Tensor a, b;
        if (interleaved)
        {
            var pairs = x.reshape([.. x.shape[..^1], half, 2]); // [B, S, H, P/2, 2]
            (a, b) = (pairs.select(-1, 0), pairs.select(-1, 1));
        }
        else
        {
            (a, b) = (x.narrow(-1, 0, half), x.narrow(-1, half, half));
        }

        return cat([a * cos - b * sin, b * cos + a * sin], -1);
    }

    /// <summary>Rotates the last P dimensions of every head, [B, S, H, N + P]; differentiable.</summary>
    /// <param name="heads">Heads, [B, S, H, N + P].</param>
    /// <param name="cos">Cosines, [B, S, 1, P/2], of the heads' type.</param>
    /// <param name="sin">Sines, [B, S, 1, P/2], of the heads' type.</param>
    /// <param name="interleaved">Whether input pairs are interleaved.</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    /// <exception cref="ArgumentException">Shapes or types do not match.</exception>
    public static Tensor Apply(Tensor heads, Tensor cos, Tensor sin, bool interleaved, KernelChoice kernels = KernelChoice.Fused)
    {
        if (kernels == KernelChoice.Plain) return Plain(heads, cos, sin, interleaved);
        long C = heads.size(3), P = 2 * cos.size(3);
        if (P > C) throw new ArgumentException($"Heads of width {C} have no {P} dimensions to rotate.", nameof(heads));
        Check(heads, cos, sin);
        return Function.apply(heads, new Settings(new Heads(heads.size(2), C, C - P, P, false, interleaved), cos, sin))[0];
    }

    /// <summary>
    /// Computes keys [B, S, H, N + P], the first N dimensions of each head followed by the rotated rotary part, and values [B, S, H, V],
    /// the other dimensions of each head; differentiable.
    /// </summary>
    /// <param name="heads">Heads, [B, S, H, N + V].</param>
    /// <param name="width">Width N of the part of a head that belongs to the key.</param>
    /// <param name="rotary">Rotary part, [B, S, H, P], or [B, S, 1, P] if all heads share it.</param>
    /// <param name="cos">Cosines, [B, S, 1, P/2], of the heads' type.</param>
    /// <param name="sin">Sines, [B, S, 1, P/2], of the heads' type.</param>
    /// <param name="interleaved">Whether input pairs are interleaved.</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    /// <exception cref="ArgumentException">Shapes or types do not match.</exception>
    public static (Tensor Key, Tensor Value) Apply(Tensor heads, long width, Tensor rotary, Tensor cos, Tensor sin, bool interleaved,
        KernelChoice kernels = KernelChoice.Fused)
    {
        if (kernels == KernelChoice.Plain) return Plain(heads, width, rotary, cos, sin, interleaved);
        long H = heads.size(2), C = heads.size(3), P = 2 * cos.size(3);
        if (width > C) throw new ArgumentException($"Heads of width {C} have no {width} dimensions for keys.", nameof(width));
        if (rotary.size(3) != P || (rotary.size(2) != 1 && rotary.size(2) != H))
        {
            throw new ArgumentException(
                $"The rotary part must have width {P} and {H} heads or 1, not [{string.Join(", ", rotary.shape)}].", nameof(rotary));
        }

        if (rotary.dtype != heads.dtype || rotary.size(0) != heads.size(0) || rotary.size(1) != heads.size(1))
        {
            throw new ArgumentException(
                $"The rotary part must be {heads.dtype} for {heads.size(0)} sequences of {heads.size(1)} tokens, "
                + $"not {rotary.dtype} [{string.Join(", ", rotary.shape)}].",
                nameof(rotary));
        }

        Check(heads, cos, sin);
        var results = Function.apply(heads, new Settings(new Heads(H, C, width, P, rotary.size(2) == 1, interleaved), cos, sin), rotary);
        return (results[0], results[1]);
    }

    internal static void Check(Tensor heads, Tensor cos, Tensor sin)
    {
        foreach (var table in new[] { cos, sin })
        {
            if (table.dtype != heads.dtype || !table.shape.AsSpan().SequenceEqual([heads.size(0), heads.size(1), 1, cos.size(3)]))
            {
                throw new ArgumentException(
                    $"Cosines and sines must be {heads.dtype} [{heads.size(0)}, {heads.size(1)}, 1, {cos.size(3)}], "
                    + $"not {table.dtype} [{string.Join(", ", table.shape)}].");
            }
        }
    }

    private sealed record Settings(Heads Heads, Tensor Cos, Tensor Sin);

    // Per head: C values in; N copied and P rotated values out.
    private readonly record struct Heads(long H, long C, long N, long P, bool SharedRotary, bool Interleaved)
    {
        public long W => N + P;
    }

    private sealed class Function : KernelFunction<Function>
    {
        private const string Key = "heads", Own = "own";

        public override string Name => nameof(RotaryKernel);

        // Arguments: heads, settings and optionally a rotary part. Results: heads, or keys and values with a rotary part.
        protected override List<Tensor> Forward(autograd.AutogradContext context, object[] arguments)
        {
            var (content, settings) = (((Tensor)arguments[0]).contiguous(), (Settings)arguments[1]);
            var rotary = arguments.Length > 2 ? ((Tensor)arguments[2]).contiguous() : null;
            var heads = settings.Heads;
            long B = content.size(0), S = content.size(1);
            var result = empty([B, S, heads.H, heads.W], content.dtype);
            var rest = rotary is null ? null : empty([B, S, heads.H, heads.C - heads.N], content.dtype);
            using var cos = settings.Cos.contiguous();
            using var sin = settings.Sin.contiguous();
            RowKernels.Run(
                new ForwardTokens
                {
                    Content = TensorMemory.Pointer(content), Rotary = TensorMemory.OptionalPointer(rotary), Cos = TensorMemory.Pointer(cos),
                    Sin = TensorMemory.Pointer(sin),
                    Result = TensorMemory.Pointer(result), Rest = TensorMemory.OptionalPointer(rest), Heads = heads,
                },
                content.dtype, B * S, 2 * heads.H * heads.W);
            context.save_for_backward([settings.Cos, settings.Sin]);
            context.save_data(Key, heads);
            context.save_data(Own, rotary is null);
            context.set_materialize_grads(false);
            return rest is null ? [result] : [result, rest];
        }

        protected override Tensor?[] Backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            var saved = context.get_saved_variables();
            var (heads, own) = ((Heads)context.get_data(Key), (bool)context.get_data(Own));
            using var cos = saved[0].contiguous();
            using var sin = saved[1].contiguous();
            long B = cos.size(0), S = cos.size(1);
            var gradient = BackwardGuard.OrZeros(gradients[0], [B, S, heads.H, heads.W], cos.dtype);
            var ofRest = own ? null : BackwardGuard.OrZeros(gradients[1], [B, S, heads.H, heads.C - heads.N], cos.dtype);
            var ofContent = empty([B, S, heads.H, heads.C], gradient.dtype);
            var ofRotary = own ? null : empty([B, S, heads.SharedRotary ? 1 : heads.H, heads.P], gradient.dtype);
            RowKernels.Run(
                new BackwardTokens
                {
                    Gradient = TensorMemory.Pointer(gradient), RestGradient = TensorMemory.OptionalPointer(ofRest),
                    Cos = TensorMemory.Pointer(cos), Sin = TensorMemory.Pointer(sin),
                    ContentGradient = TensorMemory.Pointer(ofContent), RotaryGradient = TensorMemory.OptionalPointer(ofRotary),
                    Heads = heads,
                },
                gradient.dtype, B * S, 2 * heads.H * heads.W);
            return own ? [ofContent] : [ofContent, null, ofRotary];
        }
    }

    private struct ForwardTokens : IRowKernel
    {
        public nint Content, Rotary, Cos, Sin, Result, Rest;
        public Heads Heads;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            long N = Heads.N, P = Heads.P, C = Heads.C, half = P / 2;
            for (var token = begin; token < end; token++)
            {
                TElement* cos = (TElement*)Cos + token * half, sin = (TElement*)Sin + token * half;
                for (long head = 0; head < Heads.H; head++)
                {
                    var at = token * Heads.H + head;
                    TElement* content = (TElement*)Content + at * C, result = (TElement*)Result + at * Heads.W;
                    Rotation.Copy(content, result, N);
                    if (Rest != 0) Rotation.Copy(content + N, (TElement*)Rest + at * (C - N), C - N);
                    var rotary = Rotary == 0 ? content + N : (TElement*)Rotary + (Heads.SharedRotary ? token : at) * P;
                    Rotation.Apply<TSimd, TOne, TElement>(rotary, cos, sin, result + N, half, Heads.Interleaved);
                }
            }
        }
    }

    private struct BackwardTokens : IRowKernel
    {
        public nint Gradient, RestGradient, Cos, Sin, ContentGradient, RotaryGradient;
        public Heads Heads;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            long N = Heads.N, P = Heads.P, half = P / 2, C = Heads.C;
            for (var token = begin; token < end; token++)
            {
                TElement* cos = (TElement*)Cos + token * half, sin = (TElement*)Sin + token * half;
                var first = (TElement*)Gradient + token * Heads.H * Heads.W + N; // the rotary part of the first head
                for (long head = 0; head < Heads.H; head++)
                {
                    var at = token * Heads.H + head;
                    TElement* gradient = (TElement*)Gradient + at * Heads.W, ofContent = (TElement*)ContentGradient + at * C;
                    Rotation.Copy(gradient, ofContent, N);
                    if (RestGradient != 0) Rotation.Copy((TElement*)RestGradient + at * (C - N), ofContent + N, C - N);
                    if (Heads.SharedRotary) continue;
                    Rotation.Invert<TSimd, TOne, TElement>(gradient + N, 1, 0, cos, sin,
                        RotaryGradient == 0 ? ofContent + N : (TElement*)RotaryGradient + at * P, half, Heads.Interleaved);
                }

                if (Heads.SharedRotary)
                {
                    Rotation.Invert<TSimd, TOne, TElement>(first, Heads.H, Heads.W, cos, sin, (TElement*)RotaryGradient + token * P, half,
                        Heads.Interleaved);
                }
            }
        }
    }
}
