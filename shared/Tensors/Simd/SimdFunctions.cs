using System.Runtime.CompilerServices;

namespace Distributed.Tensors.Simd;

/// <summary>Functions of registers that several kernels use.</summary>
internal static class SimdFunctions
{
    /// <summary>Computes 1 / (1 + exp(-x)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sigmoid<T>(T x) where T : unmanaged, ISimd<T> => T.Of(1) / (T.Of(1) + T.Exp(T.Of(0) - x));
}
