namespace Distributed.Tensors.Simd;

/// <summary>
/// A kernel over independent rows of memory, or over blocks of rows with one result per block. The bits of a result therefore do not
/// depend on the distribution of rows over threads.
/// </summary>
internal interface IRowKernel
{
    /// <summary>
    /// Computes the rows [begin, end). A loop over registers must be in its own method, generic over <see cref="ISimd{TSelf}"/> and marked
    /// <c>AggressiveOptimization</c>. The kernel calls it once for the full registers and once for the rest of a row. Several such loops in
    /// one method exceed the compiler's inlining limit, and the code is then ten times slower.
    /// </summary>
    /// <typeparam name="TSimd">The widest register of this processor.</typeparam>
    /// <typeparam name="TOne">One value of the same type, for the rest of a row.</typeparam>
    /// <typeparam name="TElement">Element type in memory.</typeparam>
    /// <typeparam name="TWide">Element type of sums and other wide values in memory: <c>float</c>, or <c>double</c> for fp64.</typeparam>
    void Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        where TSimd : unmanaged, ISimd<TSimd>
        where TOne : unmanaged, ISimd<TOne>
        where TElement : unmanaged
        where TWide : unmanaged;
}
