using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Converts between bf16 and fp32 over flat memory. Widening is exact; narrowing rounds to nearest, ties to even, as libtorch does.
/// </summary>
internal static unsafe class ConvertKernel
{
    /// <summary>Converts bf16 to fp32.</summary>
    public static void Widen(nint from, nint to, long count) => Run(from, to, count, Conversion.Widen);

    /// <summary>Converts fp32 to bf16.</summary>
    public static void Narrow(nint from, nint to, long count) => Run(from, to, count, Conversion.Narrow);

    /// <summary>Adds bf16 values to fp32 values.</summary>
    public static void AddWidened(nint from, nint to, long count) => Run(from, to, count, Conversion.Add);

    private static void Run(nint from, nint to, long count, Conversion conversion) =>
        RowKernels.RunElements(new Loop { From = from, To = to, Conversion = conversion }, ScalarType.BFloat16, count, 1);

    private enum Conversion
    {
        Widen,
        Narrow,
        Add,
    }

    private struct Loop : IElementKernel
    {
        public nint From, To;
        public Conversion Conversion;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        readonly void IElementKernel.Run<T, TElement>(long begin, long end)
        {
            var (from, to) = (From, To);
            switch (Conversion)
            {
                case Conversion.Widen:
                    RowLoops.Convert<T, TElement, float>((TElement*)from, (float*)to, begin, end);
                    break;
                case Conversion.Narrow:
                    RowLoops.Convert<T, float, TElement>((float*)from, (TElement*)to, begin, end);
                    break;
                default:
                    for (var i = begin; i < end; i += T.Count)
                        T.Store((float*)to + i, T.Load((float*)to + i) + T.Load((TElement*)from + i));
                    break;
            }
        }
    }
}
