using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;

namespace Distributed.Tensors.Kernels;

/// <content>Functions shared by forward and backward.</content>
public static unsafe partial class RouterKernel
{
    private static double LogSumExp<TOne, TElement>(TElement* logits, int count)
        where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged
    {
        var largest = double.NegativeInfinity;
        for (var e = 0; e < count; e++) largest = Math.Max(largest, Get<TOne, TElement>(logits, e));
        var sum = 0.0;
        for (var e = 0; e < count; e++) sum += TOne.Sum(TOne.Exp(TOne.Load(logits + e) - TOne.Of(largest)));
        return largest + Math.Log(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Get<TOne, TElement>(TElement* from, long index)
        where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged => TOne.Sum(TOne.Load(from + index));
}
