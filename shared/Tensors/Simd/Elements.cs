using System.Runtime.CompilerServices;

namespace Distributed.Tensors.Simd;

/// <summary>Reads and writes single elements as fp64 values.</summary>
internal static unsafe class Elements
{
    /// <summary>Returns the element at <paramref name="index"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Get<TOne, TElement>(TElement* from, long index)
        where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged => TOne.Sum(TOne.Load(from + index));

    /// <summary>Writes the element at <paramref name="index"/>, rounded to its type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set<TOne, TElement>(TElement* to, long index, double value)
        where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged => TOne.Store(to + index, TOne.Of(value));
}
