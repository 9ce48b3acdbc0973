using System.Runtime.CompilerServices;
using Distributed.Tensors.Lanes;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Heads for attention out of what the projections give, in one pass each: a head is a part that is copied and a
/// rotary part that is turned (Su et al. 2021, eq. 34), which may be one for all heads (multi-head latent attention), and
/// zeros up to a width. Pairs lie in halves, (x_i, x_i+P/2), or interleaved, (x_2i, x_2i+1), and then come out in halves.
/// <code>B sequences   S tokens   H heads   N width without position   P rotary width   W width of the result, at least N + P</code>
/// </summary>
public static unsafe class RotaryKernel
{
    /// <summary>
    /// [B, S, H, W]: for every head its N numbers of <paramref name="content"/>, then the turned rotary part, then zeros. Differentiable in content and rotary.
    /// </summary>
    /// <param name="content">[B, S, H, C] with C at least <paramref name="offset"/> + N, of which N numbers from <paramref name="offset"/> on are taken.</param>
    /// <param name="offset">Where the content begins within C.</param>
    /// <param name="width">N.</param>
    /// <param name="rotary">[B, S, H, P] or [B, S, 1, P] for one of all heads, or null to take the P numbers after the content's N.</param>
    /// <param name="cos">[B, S, 1, P/2] of the content's type, or null for no rotary part.</param>
    /// <param name="sin">Likewise.</param>
    /// <param name="interleaved">How pairs lie.</param>
    /// <param name="padded">W; 0 for N + P.</param>
    public static Tensor Apply(Tensor content, long offset, long width, Tensor? rotary, Tensor? cos, Tensor? sin, bool interleaved, long padded = 0)
    {
        var shape = new Heads
        {
            H = content.shape[2], C = content.shape[3], Offset = offset, N = width, P = cos is null ? 0 : 2 * cos.shape[^1],
            SharedRotary = rotary is not null && rotary.shape[2] == 1, Interleaved = interleaved,
        };
        shape = shape with { W = Math.Max(padded, width + shape.P) };
        if (rotary is not null && (rotary.shape[3] != shape.P || (!shape.SharedRotary && rotary.shape[2] != shape.H)))
            throw new ArgumentException($"A rotary part of {shape.P} numbers a head is needed, not [{string.Join(", ", rotary.shape)}].", nameof(rotary));
        if (offset + width + (rotary is null ? shape.P : 0) > shape.C)
            throw new ArgumentException($"{width} numbers from {offset} on and {(rotary is null ? shape.P : 0)} rotary ones do not fit heads of {shape.C}.", nameof(content));
        List<object> arguments = [content, new Settings(shape, cos, sin)];
        if (rotary is not null) arguments.Add(rotary);
        return Function.apply([.. arguments]);
    }

    private sealed record Settings(Heads Heads, Tensor? Cos, Tensor? Sin);

    private readonly record struct Heads
    {
        public long H { get; init; }

        public long C { get; init; }

        public long Offset { get; init; }

        public long N { get; init; }

        public long P { get; init; }

        public long W { get; init; }

        public bool SharedRotary { get; init; }

        public bool Interleaved { get; init; }
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        private const string Key = "settings", Own = "own";

        public override string Name => nameof(RotaryKernel);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var (content, settings) = (((Tensor)arguments[0]).contiguous(), (Settings)arguments[1]);
            var rotary = arguments.Length > 2 ? ((Tensor)arguments[2]).contiguous() : null;
            var heads = settings.Heads;
            var result = empty([content.shape[0], content.shape[1], heads.H, heads.W], content.dtype);
            using var cos = settings.Cos?.contiguous();
            using var sin = settings.Sin?.contiguous();
            RowKernels.Run(
                new ForwardTokens
                {
                    Content = TensorMemory.Pointer(content), Rotary = Pointer(rotary), Cos = Pointer(cos), Sin = Pointer(sin), Result = TensorMemory.Pointer(result), Heads = heads,
                },
                content.dtype, content.shape[0] * content.shape[1], 2 * heads.H * heads.W);
            context.save_for_backward(settings.Cos is null ? [] : [settings.Cos, settings.Sin!]);
            context.save_data(Key, heads);
            context.save_data(Own, rotary is null);
            return result;
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient) =>
            BackwardGuard.Run((bool)context.get_data(Own) ? 2 : 3, () => Backward(context, gradient));

        private static List<Tensor> Backward(autograd.AutogradContext context, Tensor gradient)
        {
            var saved = context.get_saved_variables();
            var (heads, own) = ((Heads)context.get_data(Key), (bool)context.get_data(Own));
            long B = gradient.shape[0], S = gradient.shape[1];
            gradient = gradient.contiguous();
            var ofContent = empty([B, S, heads.H, heads.C], gradient.dtype);
            var ofRotary = own ? null : empty([B, S, heads.SharedRotary ? 1 : heads.H, heads.P], gradient.dtype);
            using var cos = saved.Count > 0 ? saved[0].contiguous() : null;
            using var sin = saved.Count > 0 ? saved[1].contiguous() : null;
            RowKernels.Run(
                new BackwardTokens
                {
                    Gradient = TensorMemory.Pointer(gradient), Cos = Pointer(cos), Sin = Pointer(sin), OfContent = TensorMemory.Pointer(ofContent), OfRotary = Pointer(ofRotary), Heads = heads,
                },
                gradient.dtype, B * S, 2 * heads.H * heads.W);
            return own ? [ofContent, null!] : [ofContent, null!, ofRotary!];
        }
    }

    private static nint Pointer(Tensor? tensor) => tensor is null ? 0 : TensorMemory.Pointer(tensor);

    private struct ForwardTokens : IRowKernel
    {
        public nint Content, Rotary, Cos, Sin, Result;
        public Heads Heads;

        public readonly void Run<TLanes, TOne, TElement>(long begin, long end)
            where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged
        {
            long N = Heads.N, P = Heads.P, W = Heads.W, half = P / 2;
            for (var token = begin; token < end; token++)
            {
                TElement* cos = (TElement*)Cos + token * half, sin = (TElement*)Sin + token * half;
                for (long head = 0; head < Heads.H; head++)
                {
                    var content = (TElement*)Content + (token * Heads.H + head) * Heads.C + Heads.Offset;
                    var result = (TElement*)Result + (token * Heads.H + head) * W;
                    Buffer.MemoryCopy(content, result, N * sizeof(TElement), N * sizeof(TElement));
                    if (W > N + P) Unsafe.InitBlockUnaligned(result + N + P, 0, (uint)((W - N - P) * sizeof(TElement)));
                    if (P == 0) continue;
                    var rotary = Rotary == 0 ? content + N : (TElement*)Rotary + (Heads.SharedRotary ? token : token * Heads.H + head) * P;
                    if (Heads.Interleaved) TurnInterleaved<TOne, TElement>(rotary, cos, sin, result + N, half);
                    else
                    {
                        var whole = half - half % TLanes.Count;
                        Turn<TLanes, TElement>(rotary, cos, sin, result + N, half, 0, whole);
                        Turn<TOne, TElement>(rotary, cos, sin, result + N, half, whole, half);
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Turn<T, TElement>(TElement* x, TElement* cos, TElement* sin, TElement* result, long half, long begin, long end)
            where T : unmanaged, ILanes<T> where TElement : unmanaged
        {
            for (var i = begin; i < end; i += T.Count)
            {
                T a = T.Load(x + i), b = T.Load(x + half + i), c = T.Load(cos + i), s = T.Load(sin + i);
                T.Store(result + i, a * c - b * s);
                T.Store(result + half + i, b * c + a * s);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void TurnInterleaved<T, TElement>(TElement* x, TElement* cos, TElement* sin, TElement* result, long half)
            where T : unmanaged, ILanes<T> where TElement : unmanaged
        {
            for (long i = 0; i < half; i++)
            {
                T a = T.Load(x + 2 * i), b = T.Load(x + 2 * i + 1), c = T.Load(cos + i), s = T.Load(sin + i);
                T.Store(result + i, a * c - b * s);
                T.Store(result + half + i, b * c + a * s);
            }
        }
    }

    private struct BackwardTokens : IRowKernel
    {
        public nint Gradient, Cos, Sin, OfContent, OfRotary;
        public Heads Heads;

        public readonly void Run<TLanes, TOne, TElement>(long begin, long end)
            where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged
        {
            long N = Heads.N, P = Heads.P, half = P / 2, C = Heads.C;
            for (var token = begin; token < end; token++)
            {
                TElement* cos = (TElement*)Cos + token * half, sin = (TElement*)Sin + token * half;
                var first = (TElement*)Gradient + token * Heads.H * Heads.W + N; // the rotary part of the first head
                for (long head = 0; head < Heads.H; head++)
                {
                    var gradient = (TElement*)Gradient + (token * Heads.H + head) * Heads.W;
                    var ofContent = (TElement*)OfContent + (token * Heads.H + head) * C;
                    Unsafe.InitBlockUnaligned(ofContent, 0, (uint)(C * sizeof(TElement)));
                    Buffer.MemoryCopy(gradient, ofContent + Heads.Offset, N * sizeof(TElement), N * sizeof(TElement));
                    if (P == 0) continue;
                    var result = OfRotary == 0 ? ofContent + Heads.Offset + N : (TElement*)OfRotary + (token * Heads.H + head) * P;
                    if (OfRotary == 0 || !Heads.SharedRotary) Both<TLanes, TOne, TElement>(gradient + N, 1, cos, sin, result);
                }

                if (P > 0 && OfRotary != 0 && Heads.SharedRotary) Both<TLanes, TOne, TElement>(first, Heads.H, cos, sin, (TElement*)OfRotary + token * P);
            }
        }

        private readonly void Both<TLanes, TOne, TElement>(TElement* gradient, long heads, TElement* cos, TElement* sin, TElement* result)
            where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged
        {
            var half = Heads.P / 2;
            var whole = Heads.Interleaved ? 0 : half - half % TLanes.Count;
            TurnBack<TLanes, TElement>(gradient, heads, Heads.W, cos, sin, result, half, false, 0, whole);
            TurnBack<TOne, TElement>(gradient, heads, Heads.W, cos, sin, result, half, Heads.Interleaved, whole, half);
        }

        // The inverse rotation of the sum over heads.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void TurnBack<T, TElement>(TElement* gradient, long heads, long stride, TElement* cos, TElement* sin, TElement* result, long half, bool interleaved, long begin, long end)
            where T : unmanaged, ILanes<T> where TElement : unmanaged
        {
            for (var i = begin; i < end; i += T.Count)
            {
                T a = T.Of(0), b = T.Of(0), c = T.Load(cos + i), s = T.Load(sin + i);
                for (long head = 0; head < heads; head++)
                {
                    a += T.Load(gradient + head * stride + i);
                    b += T.Load(gradient + head * stride + half + i);
                }

                T.Store(result + (interleaved ? 2 * i : i), a * c + b * s);
                T.Store(result + (interleaved ? 2 * i + 1 : half + i), b * c - a * s);
            }
        }
    }
}
