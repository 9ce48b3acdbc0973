using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Distributed.Tensors.Simd;

/// <summary>A register of 8 fp32 values.</summary>
internal readonly unsafe struct Single8(Vector256<float> value) : ISimd<Single8>
{
    private readonly Vector256<float> _value = value;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single8 Load<TElement>(TElement* from) where TElement : unmanaged =>
        typeof(TElement) == typeof(float)
            ? new(Vector256.Load((float*)from))
            : new(Vector256.ShiftLeft(Vector256.WidenLower(Vector128.Load((ushort*)from).ToVector256Unsafe()), 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TElement>(TElement* to, Single8 value) where TElement : unmanaged
    {
        if (typeof(TElement) == typeof(float)) value._value.Store((float*)to);
        else Narrow(value._value).Store((ushort*)to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single8 Of(double value) => new(Vector256.Create((float)value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single8 operator +(Single8 a, Single8 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single8 operator -(Single8 a, Single8 b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single8 operator *(Single8 a, Single8 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single8 operator /(Single8 a, Single8 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single8 Exp(Single8 a) => new(SingleExp.Of(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single8 Log(Single8 a) => new(Vector256.Log(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single8 Sqrt(Single8 a) => new(Vector256.Sqrt(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single8 Max(Single8 a, Single8 b) => new(Vector256.Max(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single8 MultiplyAdd(Single8 a, Single8 b, Single8 c) => new(Vector256.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Single8 a) => Vector256.Sum(a._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Largest(Single8 a)
    {
        var largest = Vector128.Max(a._value.GetLower(), a._value.GetUpper());
        var result = largest[0];
        for (var i = 1; i < 4; i++) result = MathF.Max(result, largest[i]);
        return result;
    }

    // Rounds to nearest, ties to even; NaN becomes a quiet NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Narrow(Vector256<float> value)
    {
        var bits = value.AsUInt32();
        var odd = Vector256.ShiftRightLogical(bits, 16) & Vector256.Create(1u);
        var rounded = bits + Vector256.Create(0x7FFFu) + odd;
        var chosen = Vector256.ConditionalSelect(Vector256.Equals(value, value).AsUInt32(), rounded, bits | Vector256.Create(0x400000u));
        var upper = Vector256.ShiftRightLogical(chosen, 16);
        return Vector128.Narrow(upper.GetLower(), upper.GetUpper());
    }
}
