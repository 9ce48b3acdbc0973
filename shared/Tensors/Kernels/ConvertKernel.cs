using Distributed.Tensors.Lanes;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>Between bf16 and fp32, over flat memory. Widening is exact; narrowing rounds to nearest, ties to even, as libtorch does.</summary>
internal static unsafe class ConvertKernel
{
    private const long Block = 4096; // elements that are one row of the kernel

    /// <summary>bf16 to fp32.</summary>
    public static void Widen(nint from, nint to, long count) => Run(from, to, count, Conversion.Widen);

    /// <summary>fp32 to bf16.</summary>
    public static void Narrow(nint from, nint to, long count) => Run(from, to, count, Conversion.Narrow);

    /// <summary>Adds bf16 to fp32.</summary>
    public static void AddWidened(nint from, nint to, long count) => Run(from, to, count, Conversion.Add);

    private static void Run(nint from, nint to, long count, Conversion conversion) =>
        RowKernels.Run(new Blocks { From = from, To = to, Count = count, Conversion = conversion }, ScalarType.BFloat16, (count + Block - 1) / Block, Block);

    private enum Conversion
    {
        Widen,
        Narrow,
        Add,
    }

    private struct Blocks : IRowKernel
    {
        public nint From, To;
        public long Count;
        public Conversion Conversion;

        public readonly void Run<TLanes, TOne, TElement>(long begin, long end)
            where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged
        {
            var (i, last) = (begin * Block, Math.Min(Count, end * Block));
            switch (Conversion)
            {
                case Conversion.Widen:
                    for (; i <= last - TLanes.Count; i += TLanes.Count) TLanes.Store((float*)To + i, TLanes.Load((TElement*)From + i));
                    for (; i < last; i++) TOne.Store((float*)To + i, TOne.Load((TElement*)From + i));
                    break;
                case Conversion.Narrow:
                    for (; i <= last - TLanes.Count; i += TLanes.Count) TLanes.Store((TElement*)To + i, TLanes.Load((float*)From + i));
                    for (; i < last; i++) TOne.Store((TElement*)To + i, TOne.Load((float*)From + i));
                    break;
                default:
                    for (; i <= last - TLanes.Count; i += TLanes.Count) TLanes.Store((float*)To + i, TLanes.Load((float*)To + i) + TLanes.Load((TElement*)From + i));
                    for (; i < last; i++) TOne.Store((float*)To + i, TOne.Load((float*)To + i) + TOne.Load((TElement*)From + i));
                    break;
            }
        }
    }
}
