using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Distributed.Tensors.Simd;

/// <summary>One fp64 value, for the elements of a row after the last full register; same arithmetic as the registers.</summary>
internal readonly unsafe struct Double1(double value) : ISimd<Double1>
{
    private readonly double _value = value;

    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double1 Load<TElement>(TElement* from) where TElement : unmanaged => new(*(double*)from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TElement>(TElement* to, Double1 value) where TElement : unmanaged => *(double*)to = value._value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double1 Of(double value) => new((double)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double1 operator +(Double1 a, Double1 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double1 operator -(Double1 a, Double1 b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double1 operator *(Double1 a, Double1 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double1 operator /(Double1 a, Double1 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double1 Exp(Double1 a) => new(Vector128.Exp(Vector128.CreateScalar(a._value)).ToScalar());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double1 Log(Double1 a) => new(Vector128.Log(Vector128.CreateScalar(a._value)).ToScalar());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double1 Sqrt(Double1 a) => new(Math.Sqrt(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double1 Max(Double1 a, Double1 b) => new(Math.Max(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double1 MultiplyAdd(Double1 a, Double1 b, Double1 c) => new(Math.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Double1 a) => a._value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Largest(Double1 a) => a._value;
}
