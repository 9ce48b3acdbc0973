using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Rotates the pairs of one rotary part by position (Su et al. 2021, eq. 34), and back. Rotated pairs are always (x_i, x_i+P/2); the
/// others are so, too, or interleaved, (x_2i, x_2i+1).
/// </summary>
internal static unsafe class Rotation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy<TElement>(TElement* from, TElement* to, long count) where TElement : unmanaged =>
        Buffer.MemoryCopy(from, to, count * sizeof(TElement), count * sizeof(TElement));

    /// <summary>Rotates the pairs of <paramref name="x"/>.</summary>
    /// <param name="x">Rotary part, P values.</param>
    /// <param name="cos">Cosines, P/2 values.</param>
    /// <param name="sin">Sines, P/2 values.</param>
    /// <param name="result">Receives the rotated part, P values.</param>
    /// <param name="half">Number of pairs P/2.</param>
    /// <param name="interleaved">Whether the pairs of x are interleaved.</param>
    public static void Apply<TSimd, TOne, TElement>(TElement* x, TElement* cos, TElement* sin, TElement* result, long half,
        bool interleaved)
        where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged
    {
        if (interleaved)
        {
            Apply<TOne, TElement, Interleaved>(x, cos, sin, result, half, 0, half);
            return;
        }

        var whole = RowLoops.InFullRegisters<TSimd>(half);
        Apply<TSimd, TElement, Halves>(x, cos, sin, result, half, 0, whole);
        Apply<TOne, TElement, Halves>(x, cos, sin, result, half, whole, half);
    }

    /// <summary>Rotates the sum of the heads' gradients in the inverse direction.</summary>
    /// <param name="gradient">Gradient of the rotated part of the first head, P values.</param>
    /// <param name="heads">Number of heads that share the rotary part.</param>
    /// <param name="stride">Distance of two heads in elements.</param>
    /// <param name="cos">Cosines, P/2 values.</param>
    /// <param name="sin">Sines, P/2 values.</param>
    /// <param name="result">Receives the gradient of the rotary part, P values.</param>
    /// <param name="half">Number of pairs P/2.</param>
    /// <param name="interleaved">Whether the pairs of the result are interleaved.</param>
    public static void Invert<TSimd, TOne, TElement>(TElement* gradient, long heads, long stride, TElement* cos, TElement* sin,
        TElement* result, long half, bool interleaved)
        where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged
    {
        if (interleaved)
        {
            Invert<TOne, TElement, Interleaved>(gradient, heads, stride, cos, sin, result, half, 0, half);
            return;
        }

        var whole = RowLoops.InFullRegisters<TSimd>(half);
        Invert<TSimd, TElement, Halves>(gradient, heads, stride, cos, sin, result, half, 0, whole);
        Invert<TOne, TElement, Halves>(gradient, heads, stride, cos, sin, result, half, whole, half);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<T, TElement, TPairs>(TElement* x, TElement* cos, TElement* sin, TElement* result, long half, long begin,
        long end)
        where T : unmanaged, ISimd<T> where TElement : unmanaged where TPairs : struct, IPairs
    {
        for (var i = begin; i < end; i += T.Count)
        {
            T a = T.Load(x + TPairs.First(i)), b = T.Load(x + TPairs.Second(i, half)), c = T.Load(cos + i), s = T.Load(sin + i);
            T.Store(result + i, a * c - b * s);
            T.Store(result + half + i, b * c + a * s);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Invert<T, TElement, TPairs>(TElement* gradient, long heads, long stride, TElement* cos, TElement* sin,
        TElement* result, long half, long begin, long end)
        where T : unmanaged, ISimd<T> where TElement : unmanaged where TPairs : struct, IPairs
    {
        for (var i = begin; i < end; i += T.Count)
        {
            T a = T.Of(0), b = T.Of(0), c = T.Load(cos + i), s = T.Load(sin + i);
            for (long head = 0; head < heads; head++)
            {
                a += T.Load(gradient + head * stride + i);
                b += T.Load(gradient + head * stride + half + i);
            }

            T.Store(result + TPairs.First(i), a * c + b * s);
            T.Store(result + TPairs.Second(i, half), b * c - a * s);
        }
    }

    // The positions of the values of pair i.
    private interface IPairs
    {
        static abstract long First(long i);

        static abstract long Second(long i, long half);
    }

    private readonly struct Halves : IPairs
    {
        public static long First(long i) => i;

        public static long Second(long i, long half) => half + i;
    }

    private readonly struct Interleaved : IPairs
    {
        public static long First(long i) => 2 * i;

        public static long Second(long i, long half) => 2 * i + 1;
    }
}
