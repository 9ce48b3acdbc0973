using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Distributed.Tensors;

/// <summary>
/// Checks whether values are finite, from their bytes: a value whose exponent bits are all set is infinite or NaN. Intended for bytes
/// that are in the processor's cache because they are hashed or copied at the same time.
/// </summary>
public static class FiniteValues
{
    /// <summary>Whether all values are finite; always true for types without NaN and infinity.</summary>
    /// <param name="bytes">Whole values of the type; need not be aligned.</param>
    /// <param name="type">Type of the values.</param>
    public static bool AreAll(ReadOnlySpan<byte> bytes, ScalarType type) => type switch
    {
        ScalarType.Float32 => !HasAllSet(bytes, 0x7F80_0000u),
        ScalarType.BFloat16 => !HasAllSet(bytes, (ushort)0x7F80),
        ScalarType.Float16 => !HasAllSet(bytes, (ushort)0x7C00),
        ScalarType.Float64 => !HasAllSet(bytes, 0x7FF0_0000_0000_0000ul),
        _ => true,
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool HasAllSet<T>(ReadOnlySpan<byte> bytes, T mask)
        where T : unmanaged, IBinaryInteger<T>
    {
        var values = MemoryMarshal.Cast<byte, T>(bytes);
        ref var first = ref MemoryMarshal.GetReference(values);
        var (masks, width, i) = (new Vector<T>(mask), Vector<T>.Count, 0);
        for (; i <= values.Length - 4 * width; i += 4 * width)
        {
            var found = Vector.Equals(Vector.LoadUnsafe(ref first, (nuint)i) & masks, masks)
                | Vector.Equals(Vector.LoadUnsafe(ref first, (nuint)(i + width)) & masks, masks)
                | Vector.Equals(Vector.LoadUnsafe(ref first, (nuint)(i + 2 * width)) & masks, masks)
                | Vector.Equals(Vector.LoadUnsafe(ref first, (nuint)(i + 3 * width)) & masks, masks);
            if (found != Vector<T>.Zero) return true;
        }

        for (; i < values.Length; i++)
            if ((values[i] & mask) == mask) return true;
        return false;
    }
}
