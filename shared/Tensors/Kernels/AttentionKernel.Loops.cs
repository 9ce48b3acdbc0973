using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;

namespace Distributed.Tensors.Kernels;

/// <content>Loops over one row.</content>
public static unsafe partial class AttentionKernel
{
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
