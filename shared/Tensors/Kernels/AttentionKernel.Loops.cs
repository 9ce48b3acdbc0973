using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;

namespace Distributed.Tensors.Kernels;

/// <content>Loops over one row.</content>
public static unsafe partial class AttentionKernel
{
    private static double Dot<TSimd, TOne, TWide>(TWide* a, TWide* b, long count)
        where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TWide : unmanaged
    {
        var whole = count - count % TSimd.Count;
        return Dot<TSimd, TWide>(a, b, 0, whole) + Dot<TOne, TWide>(a, b, whole, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Dot<T, TWide>(TWide* a, TWide* b, long begin, long end)
        where T : unmanaged, ISimd<T> where TWide : unmanaged
    {
        var sum = T.Of(0);
        for (var i = begin; i < end; i += T.Count) sum = T.MultiplyAdd(T.Load(a + i), T.Load(b + i), sum);
        return T.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Convert<T, TFrom, TTo>(TFrom* from, TTo* to, long begin, long end)
        where T : unmanaged, ISimd<T> where TFrom : unmanaged where TTo : unmanaged
    {
        for (var i = begin; i < end; i += T.Count) T.Store(to + i, T.Load(from + i));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Exp<T, TWide>(TWide* row, double top, long begin, long end)
        where T : unmanaged, ISimd<T> where TWide : unmanaged
    {
        var (most, sum) = (T.Of(top), T.Of(0));
        for (var i = begin; i < end; i += T.Count)
        {
            var value = T.Exp(T.Load(row + i) - most);
            sum += value;
            T.Store(row + i, value);
        }

        return T.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply<T, TWide>(TWide* row, double factor, long begin, long end)
        where T : unmanaged, ISimd<T> where TWide : unmanaged
    {
        var scale = T.Of(factor);
        for (var i = begin; i < end; i += T.Count) T.Store(row + i, T.Load(row + i) * scale);
    }
}
