using System.Runtime.CompilerServices;

namespace Distributed.Tensors.Simd;

/// <summary>Loops over one row that several kernels use.</summary>
internal static unsafe class RowLoops
{
    /// <summary>Returns the largest of the elements [begin, end); minus infinity for an empty range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Largest<T, TElement>(TElement* row, long begin, long end)
        where T : unmanaged, ISimd<T> where TElement : unmanaged
    {
        var largest = T.Of(double.NegativeInfinity);
        for (var i = begin; i < end; i += T.Count) largest = T.Max(largest, T.Load(row + i));
        return T.Largest(largest);
    }
}
