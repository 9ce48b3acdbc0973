using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Distributed.Tensors.Simd;

/// <summary>
/// Computes e^x in fp32 within 2 units in the last place; .NET's implementation uses fp64 and is half as fast. x is split into
/// n ln 2 + r with |r| at most ln 2 / 2. e^r is a polynomial (coefficients of Cephes, Moshier 1992). 2^n is applied in two factors, so
/// that results may be subnormal. The result is infinity above ln of the largest fp32 value, and 0 far below zero.
/// </summary>
internal static class SingleExp
{
    private const float Log2E = 1.44269504f, Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;
    private const float C2 = 5.0000001201e-1f, C3 = 1.6666665459e-1f, C4 = 4.1665795894e-2f, C5 = 8.3334519073e-3f, C6 = 1.3981999507e-3f,
        C7 = 1.9875691500e-4f;
    private const float Highest = 89.5f, Lowest = -104.5f;
    private const int Bias = 127;

    /// <summary>Computes e^x of 16 values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> x)
    {
        x = Vector512.MinNative(Vector512.Create(Highest), Vector512.MaxNative(Vector512.Create(Lowest), x)); // NaN stays NaN
        var n = Vector512.Round(x * Vector512.Create(Log2E));
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);
        var p = Vector512.FusedMultiplyAdd(Vector512.Create(C7), r, Vector512.Create(C6));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C5));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C4));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C3));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C2));
        p = Vector512.FusedMultiplyAdd(p, r * r, r) + Vector512<float>.One;
        var whole = Vector512.ConvertToInt32Native(n);
        var half = Vector512.ShiftRightArithmetic(whole, 1);
        return p * Power(half) * Power(whole - half);

        static Vector512<float> Power(Vector512<int> exponent) => Vector512.ShiftLeft(exponent + Vector512.Create(Bias), 23).AsSingle();
    }

    /// <summary>Computes e^x of 8 values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Of(Vector256<float> x)
    {
        x = Vector256.MinNative(Vector256.Create(Highest), Vector256.MaxNative(Vector256.Create(Lowest), x)); // NaN stays NaN
        var n = Vector256.Round(x * Vector256.Create(Log2E));
        var r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2High), x);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2Low), r);
        var p = Vector256.FusedMultiplyAdd(Vector256.Create(C7), r, Vector256.Create(C6));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(C5));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(C4));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(C3));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(C2));
        p = Vector256.FusedMultiplyAdd(p, r * r, r) + Vector256<float>.One;
        var whole = Vector256.ConvertToInt32Native(n);
        var half = Vector256.ShiftRightArithmetic(whole, 1);
        return p * Power(half) * Power(whole - half);

        static Vector256<float> Power(Vector256<int> exponent) => Vector256.ShiftLeft(exponent + Vector256.Create(Bias), 23).AsSingle();
    }

    /// <summary>Computes e^x of 4 values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Of(Vector128<float> x)
    {
        x = Vector128.MinNative(Vector128.Create(Highest), Vector128.MaxNative(Vector128.Create(Lowest), x)); // NaN stays NaN
        var n = Vector128.Round(x * Vector128.Create(Log2E));
        var r = Vector128.FusedMultiplyAdd(n, Vector128.Create(-Ln2High), x);
        r = Vector128.FusedMultiplyAdd(n, Vector128.Create(-Ln2Low), r);
        var p = Vector128.FusedMultiplyAdd(Vector128.Create(C7), r, Vector128.Create(C6));
        p = Vector128.FusedMultiplyAdd(p, r, Vector128.Create(C5));
        p = Vector128.FusedMultiplyAdd(p, r, Vector128.Create(C4));
        p = Vector128.FusedMultiplyAdd(p, r, Vector128.Create(C3));
        p = Vector128.FusedMultiplyAdd(p, r, Vector128.Create(C2));
        p = Vector128.FusedMultiplyAdd(p, r * r, r) + Vector128<float>.One;
        var whole = Vector128.ConvertToInt32Native(n);
        var half = Vector128.ShiftRightArithmetic(whole, 1);
        return p * Power(half) * Power(whole - half);

        static Vector128<float> Power(Vector128<int> exponent) => Vector128.ShiftLeft(exponent + Vector128.Create(Bias), 23).AsSingle();
    }
}
