namespace Distributed.Tensors.Simd;

/// <summary>The blocks of flat memory as the rows of a kernel.</summary>
/// <param name="kernel">The kernel over the elements.</param>
/// <param name="count">Number of elements.</param>
internal struct ElementBlocks<TKernel>(TKernel kernel, long count) : IRowKernel where TKernel : unmanaged, IElementKernel
{
    /// <summary>Number of elements in a block: a whole number of registers of any width.</summary>
    public const long Size = 2048;

    private TKernel _kernel = kernel;

    /// <summary>Number of blocks; the last one may be shorter.</summary>
    public readonly long Blocks => (count + Size - 1) / Size;

    void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
    {
        var (first, last) = (begin * Size, Math.Min(count, end * Size));
        var whole = first + RowLoops.InFullRegisters<TSimd>(last - first);
        _kernel.Run<TSimd, TElement>(first, whole);
        _kernel.Run<TOne, TElement>(whole, last);
    }
}
