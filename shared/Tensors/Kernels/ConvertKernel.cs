using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Converts between bf16 and fp32 over flat memory. Widening is exact; narrowing rounds to nearest, ties to even, as libtorch does.
/// </summary>
internal static unsafe class ConvertKernel
{
    private const long Block = 4096; // elements per row of the kernel

    /// <summary>Converts bf16 to fp32.</summary>
    public static void Widen(nint from, nint to, long count) => Run(from, to, count, Conversion.Widen);

    /// <summary>Converts fp32 to bf16.</summary>
    public static void Narrow(nint from, nint to, long count) => Run(from, to, count, Conversion.Narrow);

    /// <summary>Adds bf16 values to fp32 values.</summary>
    public static void AddWidened(nint from, nint to, long count) => Run(from, to, count, Conversion.Add);

    private static void Run(nint from, nint to, long count, Conversion conversion) =>
        RowKernels.Run(new Blocks { From = from, To = to, Count = count, Conversion = conversion }, ScalarType.BFloat16,
            (count + Block - 1) / Block, Block);

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

        public readonly void Run<TSimd, TOne, TElement>(long begin, long end)
            where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged
        {
            var (first, last) = (begin * Block, Math.Min(Count, end * Block));
            var whole = last - (last - first) % TSimd.Count;
            ConvertRange<TSimd, TElement>(first, whole);
            ConvertRange<TOne, TElement>(whole, last);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void ConvertRange<T, TElement>(long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            var (from, to) = (From, To);
            switch (Conversion)
            {
                case Conversion.Widen:
                    for (var i = begin; i < end; i += T.Count) T.Store((float*)to + i, T.Load((TElement*)from + i));
                    break;
                case Conversion.Narrow:
                    for (var i = begin; i < end; i += T.Count) T.Store((TElement*)to + i, T.Load((float*)from + i));
                    break;
                default:
                    for (var i = begin; i < end;
                    i += T.Count) T.Store((float*)to + i, T.Load((float*)to + i) + T.Load((TElement*)from + i));
                    break;
            }
        }
    }
}
