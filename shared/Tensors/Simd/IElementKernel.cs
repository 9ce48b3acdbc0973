namespace Distributed.Tensors.Simd;

/// <summary>A kernel over independent elements of flat memory.</summary>
internal interface IElementKernel
{
    /// <summary>
    /// Computes the elements [begin, end), a whole number of registers, in one loop over registers. The method must be marked
    /// <c>AggressiveOptimization</c>.
    /// </summary>
    /// <typeparam name="T">Register.</typeparam>
    /// <typeparam name="TElement">Element type in memory.</typeparam>
    void Run<T, TElement>(long begin, long end)
        where T : unmanaged, ISimd<T>
        where TElement : unmanaged;
}
