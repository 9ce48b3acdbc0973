using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Distributed.Tensors.Processor;
using static TorchSharp.torch;

namespace Distributed.Tensors.Lanes;

/// <summary>Runs kernels with the registers that fit the type and the processor, on the threads that libtorch computes with.</summary>
internal static unsafe class RowKernels
{
    /// <summary>Fewest elements that are worth a thread: some 10 µs of work.</summary>
    private const long ElementsPerThread = 1 << 15;

    /// <summary>Runs a kernel over all rows.</summary>
    /// <param name="kernel">Its arguments.</param>
    /// <param name="type">Type of the elements in memory: bf16, fp32 or fp64.</param>
    /// <param name="rows">Rows, 0 or more.</param>
    /// <param name="elementsPerRow">Elements that one row touches, for deciding on threads.</param>
    /// <exception cref="ArgumentOutOfRangeException">The type has no lanes.</exception>
    public static void Run<TKernel>(TKernel kernel, ScalarType type, long rows, long elementsPerRow)
        where TKernel : unmanaged, IRowKernel
    {
        if (rows == 0) return;
        var body = Body<TKernel>(type, Vector512.IsHardwareAccelerated);
        ParallelLoop.Run(body, &kernel, rows, Math.Max(1, ElementsPerThread / Math.Max(1, elementsPerRow)));
    }

    /// <summary>The same on the calling thread alone with a register width of choice: for tests of the narrower fall-backs.</summary>
    internal static void RunAlone<TKernel>(TKernel kernel, ScalarType type, long rows, bool wide)
        where TKernel : unmanaged, IRowKernel
    {
        var body = Body<TKernel>(type, wide);
        body(&kernel, 0, rows);
    }

    private static delegate*<void*, long, long, void> Body<TKernel>(ScalarType type, bool wide)
        where TKernel : unmanaged, IRowKernel => (type, wide) switch
        {
            (ScalarType.Float32, true) => &Invoke<TKernel, Single16, Single1, float>,
            (ScalarType.Float32, false) => &Invoke<TKernel, Single8, Single1, float>,
            (ScalarType.BFloat16, true) => &Invoke<TKernel, Single16, Single1, Bf16>,
            (ScalarType.BFloat16, false) => &Invoke<TKernel, Single8, Single1, Bf16>,
            (ScalarType.Float64, true) => &Invoke<TKernel, Double8, Double1, double>,
            (ScalarType.Float64, false) => &Invoke<TKernel, Double4, Double1, double>,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Kernels compute in bf16, fp32 and fp64."),
        };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Invoke<TKernel, TLanes, TOne, TElement>(void* kernel, long begin, long end)
        where TKernel : unmanaged, IRowKernel
        where TLanes : unmanaged, ILanes<TLanes>
        where TOne : unmanaged, ILanes<TOne>
        where TElement : unmanaged =>
        (*(TKernel*)kernel).Run<TLanes, TOne, TElement>(begin, end);
}
