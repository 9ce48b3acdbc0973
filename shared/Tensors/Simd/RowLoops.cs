using System.Runtime.CompilerServices;

namespace Distributed.Tensors.Simd;

/// <summary>Loops over one row that several kernels use: over the full registers, then over the rest of the row.</summary>
internal static unsafe class RowLoops
{
    /// <summary>Returns how many of <paramref name="count"/> elements fill registers; the others are the rest of the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long InFullRegisters<TSimd>(long count) where TSimd : unmanaged, ISimd<TSimd> => count - count % TSimd.Count;

    /// <summary>Returns the largest element; minus infinity for an empty row.</summary>
    public static double Largest<TSimd, TOne, TElement>(TElement* row, long count)
        where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged
    {
        var whole = InFullRegisters<TSimd>(count);
        return Math.Max(Largest<TSimd, TElement>(row, 0, whole), Largest<TOne, TElement>(row, whole, count));
    }

    /// <summary>Computes the sum of a[i] * b[i].</summary>
    public static double Dot<TSimd, TOne, TElement>(TElement* a, TElement* b, long count)
        where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged
    {
        var whole = InFullRegisters<TSimd>(count);
        return Dot<TSimd, TElement>(a, b, 0, whole) + Dot<TOne, TElement>(a, b, whole, count);
    }

    /// <summary>Copies a row to another element type.</summary>
    public static void Convert<TSimd, TOne, TFrom, TTo>(TFrom* from, TTo* to, long count)
        where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TFrom : unmanaged where TTo : unmanaged
    {
        var whole = InFullRegisters<TSimd>(count);
        Convert<TSimd, TFrom, TTo>(from, to, 0, whole);
        Convert<TOne, TFrom, TTo>(from, to, whole, count);
    }

    /// <summary>Copies the elements [begin, end) to another element type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Convert<T, TFrom, TTo>(TFrom* from, TTo* to, long begin, long end)
        where T : unmanaged, ISimd<T> where TFrom : unmanaged where TTo : unmanaged
    {
        for (var i = begin; i < end; i += T.Count) T.Store(to + i, T.Load(from + i));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Largest<T, TElement>(TElement* row, long begin, long end)
        where T : unmanaged, ISimd<T> where TElement : unmanaged
    {
        var largest = T.Of(double.NegativeInfinity);
        for (var i = begin; i < end; i += T.Count) largest = T.Max(largest, T.Load(row + i));
        return T.Largest(largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Dot<T, TElement>(TElement* a, TElement* b, long begin, long end)
        where T : unmanaged, ISimd<T> where TElement : unmanaged
    {
        var sum = T.Of(0);
        for (var i = begin; i < end; i += T.Count) sum = T.MultiplyAdd(T.Load(a + i), T.Load(b + i), sum);
        return T.Sum(sum);
    }
}
