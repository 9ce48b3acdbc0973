using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Distributed.Tensors.Simd;

/// <summary>One fp32 value, for the elements of a row after the last full register; same arithmetic as the registers.</summary>
internal readonly unsafe struct Single1(float value) : ISimd<Single1>
{
    private readonly float _value = value;

    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single1 Load<TElement>(TElement* from) where TElement : unmanaged =>
        typeof(TElement) == typeof(float)
            ? new(*(float*)from)
            : new(BitConverter.UInt32BitsToSingle((uint)*(ushort*)from << 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TElement>(TElement* to, Single1 value) where TElement : unmanaged
    {
        if (typeof(TElement) == typeof(float)) *(float*)to = value._value;
        else *(ushort*)to = Narrow(value._value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single1 Of(double value) => new((float)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single1 operator +(Single1 a, Single1 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single1 operator -(Single1 a, Single1 b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single1 operator *(Single1 a, Single1 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single1 operator /(Single1 a, Single1 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single1 Exp(Single1 a) => new(SingleExp.Of(Vector128.CreateScalar(a._value)).ToScalar());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single1 Log(Single1 a) => new(Vector128.Log(Vector128.CreateScalar(a._value)).ToScalar());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single1 Sqrt(Single1 a) => new(MathF.Sqrt(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single1 Max(Single1 a, Single1 b) => new(MathF.Max(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Single1 MultiplyAdd(Single1 a, Single1 b, Single1 c) => new(MathF.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Single1 a) => a._value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Largest(Single1 a) => a._value;

    // Rounds to nearest, ties to even; NaN becomes a quiet NaN.
    private static ushort Narrow(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((float.IsNaN(value) ? bits | 0x400000u : bits + 0x7FFFu + ((bits >> 16) & 1)) >> 16);
    }
}
