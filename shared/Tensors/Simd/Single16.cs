using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Distributed.Tensors.Simd;

/// <summary>A register of 16 fp32 values.</summary>
internal readonly unsafe struct Single16(Vector512<float> value) : ISimd<Single16>
{
    private readonly Vector512<float> _value = value;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single16 Load<TElement>(TElement* from) where TElement : unmanaged =>
        typeof(TElement) == typeof(float)
            ? new(Vector512.Load((float*)from))
            : new(Vector512.ShiftLeft(Vector512.WidenLower(Vector256.Load((ushort*)from).ToVector512Unsafe()), 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TElement>(TElement* to, Single16 value) where TElement : unmanaged
    {
        if (typeof(TElement) == typeof(float)) value._value.Store((float*)to);
        else Narrow(value._value).Store((ushort*)to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single16 Of(double value) => new(Vector512.Create((float)value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single16 operator +(Single16 a, Single16 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single16 operator -(Single16 a, Single16 b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single16 operator *(Single16 a, Single16 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single16 operator /(Single16 a, Single16 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single16 Exp(Single16 a) => new(SingleExp.Of(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single16 Log(Single16 a) => new(Vector512.Log(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single16 Sqrt(Single16 a) => new(Vector512.Sqrt(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single16 Max(Single16 a, Single16 b) => new(Vector512.Max(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single16 MultiplyAdd(Single16 a, Single16 b, Single16 c) => new(Vector512.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Single16 a) => Vector512.Sum(a._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Largest(Single16 a)
    {
        var largest = Vector256.Max(a._value.GetLower(), a._value.GetUpper());
        var result = largest[0];
        for (var i = 1; i < 8; i++) result = MathF.Max(result, largest[i]);
        return result;
    }

    // Rounds to nearest, ties to even; NaN becomes a quiet NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Narrow(Vector512<float> value)
    {
        var bits = value.AsUInt32();
        var odd = Vector512.ShiftRightLogical(bits, 16) & Vector512.Create(1u);
        var rounded = bits + Vector512.Create(0x7FFFu) + odd;
        var chosen = Vector512.ConditionalSelect(Vector512.Equals(value, value).AsUInt32(), rounded, bits | Vector512.Create(0x400000u));
        var upper = Vector512.ShiftRightLogical(chosen, 16);
        return Vector256.Narrow(upper.GetLower(), upper.GetUpper());
    }
}
