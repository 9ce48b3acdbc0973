using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Distributed.Tensors.Processor;
using static TorchSharp.torch;

namespace Distributed.Tensors.Simd;

/// <summary>Runs kernels with the registers for the element type and the processor, on libtorch's threads.</summary>
internal static unsafe class RowKernels
{
    /// <summary>Minimum number of elements per thread, about 10 µs of work.</summary>
    private const long ElementsPerThread = 1 << 15;

    [ThreadStatic]
    private static bool? _wide;

    /// <summary>
    /// For tests: whether kernels started by the calling thread use 512-bit registers, emulated if the processor has none, or 256-bit
    /// registers. Null uses the processor's widest registers.
    /// </summary>
    internal static bool? Wide
    {
        get => _wide;
        set => _wide = value;
    }

    /// <summary>Runs a kernel over all rows.</summary>
    /// <param name="kernel">The kernel with its arguments.</param>
    /// <param name="type">Type of the elements in memory: bf16, fp32 or fp64.</param>
    /// <param name="rows">Number of rows, at least 0.</param>
    /// <param name="elementsPerRow">Number of elements that one row reads or writes; determines the number of threads.</param>
    /// <exception cref="ArgumentOutOfRangeException">The type is not supported.</exception>
    public static void Run<TKernel>(TKernel kernel, ScalarType type, long rows, long elementsPerRow)
        where TKernel : unmanaged, IRowKernel
    {
        if (rows == 0) return;
        var body = Body<TKernel>(type, _wide ?? Vector512.IsHardwareAccelerated);
        ParallelLoop.Run(body, &kernel, rows, Math.Max(1, ElementsPerThread / Math.Max(1, elementsPerRow)));
    }

    /// <summary>Runs a kernel over all elements of flat memory.</summary>
    /// <param name="kernel">The kernel with its arguments.</param>
    /// <param name="type">Type of the elements in memory: bf16, fp32 or fp64.</param>
    /// <param name="count">Number of elements, at least 0.</param>
    /// <param name="accesses">Number of reads or writes per element; determines the number of threads.</param>
    /// <exception cref="ArgumentOutOfRangeException">The type is not supported.</exception>
    public static void RunElements<TKernel>(TKernel kernel, ScalarType type, long count, long accesses)
        where TKernel : unmanaged, IElementKernel
    {
        var blocks = new ElementBlocks<TKernel>(kernel, count);
        Run(blocks, type, blocks.Blocks, accesses * ElementBlocks<TKernel>.Size);
    }

    /// <summary>Returns the type of sums and other wide values: fp64 for fp64 elements, otherwise fp32.</summary>
    public static ScalarType WideType(ScalarType type) => type == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    private static delegate*<void*, long, long, void> Body<TKernel>(ScalarType type, bool wide)
        where TKernel : unmanaged, IRowKernel => (type, wide) switch
        {
            (ScalarType.Float32, true) => &Invoke<TKernel, Single16, Single1, float, float>,
            (ScalarType.Float32, false) => &Invoke<TKernel, Single8, Single1, float, float>,
            (ScalarType.BFloat16, true) => &Invoke<TKernel, Single16, Single1, Bf16, float>,
            (ScalarType.BFloat16, false) => &Invoke<TKernel, Single8, Single1, Bf16, float>,
            (ScalarType.Float64, true) => &Invoke<TKernel, Double8, Double1, double, double>,
            (ScalarType.Float64, false) => &Invoke<TKernel, Double4, Double1, double, double>,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Kernels support bf16, fp32 and fp64."),
        };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Invoke<TKernel, TSimd, TOne, TElement, TWide>(void* kernel, long begin, long end)
        where TKernel : unmanaged, IRowKernel
        where TSimd : unmanaged, ISimd<TSimd>
        where TOne : unmanaged, ISimd<TOne>
        where TElement : unmanaged
        where TWide : unmanaged =>
        (*(TKernel*)kernel).Run<TSimd, TOne, TElement, TWide>(begin, end);
}
