using Distributed.Tensors.Simd;
using static Distributed.Tensors.Simd.Elements;

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
}
