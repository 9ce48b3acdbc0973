using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests;

public sealed class FiniteValuesTests
{
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void AreAll_OneValueAtAnyPosition_DetectsNonFiniteValuesOnly(ScalarType type)
    {
        using var scope = NewDisposeScope();
        foreach (var length in new[] { 1, 7, 64, 129 })
        {
            // BF16 has the exponents of FP32.
            var largest = type == ScalarType.Float16 ? 65504 : type == ScalarType.Float64 ? double.MaxValue : 3.3895e38;
            for (var index = 0; index < length; index++)
            {
                foreach (var (value, isFinite) in new[] { (largest, true), (-largest, true), (0.0, true), (1e-45, true),
                    (double.NaN, false), (double.PositiveInfinity, false), (double.NegativeInfinity, false) })
                {
                    using var inner = NewDisposeScope();
                    var values = ones(length, ScalarType.Float64);
                    values[index] = value;
                    Assert.Equal(isFinite, FiniteValues.AreAll(Bytes(values.to(type)), type));
                }
            }
        }
    }

    [Theory]
    [InlineData(ScalarType.Int64)]
    [InlineData(ScalarType.Int32)]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Bool)]
    public void AreAll_TypeWithoutInfinities_IsTrue(ScalarType type) =>
        Assert.True(FiniteValues.AreAll(Enumerable.Repeat((byte)0xff, 64).ToArray(), type));

    [Fact]
    public void AreAll_UnalignedBytes_AreChecked()
    {
        byte[] bytes = [1, .. MemoryMarshal.AsBytes<float>([1f, float.NaN, 2f])];
        Assert.False(FiniteValues.AreAll(bytes.AsSpan(1), ScalarType.Float32));
    }

    private static byte[] Bytes(Tensor tensor) => tensor.bytes.ToArray();
}
