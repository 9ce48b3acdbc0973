namespace Distributed.Tensors.Simd;

/// <summary>
/// A kernel over rows of memory that depend on no other row, or blocks of rows each with a result of its own: so the
/// bits of a result never depend on how the rows are shared out among threads.
/// </summary>
internal interface IRowKernel
{
    /// <summary>
    /// Computes the rows [begin, end). A loop over registers belongs in a method of its own, generic over the lanes and marked
    /// <c>AggressiveOptimization</c>: called once for the full registers and once for the rest of a row. Several such
    /// loops in one method exceed what the compiler will inline, and the code is then ten times slower.
    /// </summary>
    /// <typeparam name="TSimd">The widest registers of this processor.</typeparam>
    /// <typeparam name="TOne">One number of the same kind, for what is left of a row.</typeparam>
    /// <typeparam name="TElement">Type in memory.</typeparam>
    void Run<TSimd, TOne, TElement>(long begin, long end)
        where TSimd : unmanaged, ISimd<TSimd>
        where TOne : unmanaged, ISimd<TOne>
        where TElement : unmanaged;
}
