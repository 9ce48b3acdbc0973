using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class ConvertKernelTests
{
    [Fact]
    public void WidenAndNarrow_EveryValue_IsUnchanged()
    {
        using var scope = NewDisposeScope();
        var values = empty(1 << 16, ScalarType.BFloat16);
        var bits = TensorMemory.Span<ushort>(values);
        for (var i = 0; i < bits.Length; i++) bits[i] = (ushort)i;
        var (wide, back) = (empty(1 << 16), empty(1 << 16, ScalarType.BFloat16));

        ConvertKernel.Widen(TensorMemory.Pointer(values), TensorMemory.Pointer(wide), 1 << 16);
        ConvertKernel.Narrow(TensorMemory.Pointer(wide), TensorMemory.Pointer(back), 1 << 16);

        var (floats, expected) = (TensorMemory.Span<float>(wide).ToArray(), TensorMemory.Span<ushort>(back).ToArray());
        for (var i = 0; i < floats.Length; i++)
        {
            Assert.Equal((uint)i << 16, BitConverter.SingleToUInt32Bits(floats[i]));
            Assert.Equal(float.IsNaN(floats[i]) ? (ushort)(i | 0x40) : (ushort)i, expected[i]);
        }
    }

    [Fact]
    public void AddWidened_LengthThatFitsNoRegister_AddsEveryElementOnce()
    {
        using var scope = NewDisposeScope();
        var (values, sum) = (KernelAssert.Random(1, ScalarType.BFloat16, 9001), KernelAssert.Random(2, ScalarType.Float32, 9001));
        var expected = sum + values.to(ScalarType.Float32);
        ConvertKernel.AddWidened(TensorMemory.Pointer(values), TensorMemory.Pointer(sum), 9001);
        KernelAssert.Close(expected, sum, 0, "sum");
    }
}
