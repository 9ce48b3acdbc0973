using Distributed.Tensors.Kernels;
using Distributed.Tensors.Simd;
using Distributed.Tensors.Tests.Kernels;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Simd;

public sealed unsafe class SimdTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Exp_OverTheWholeRange_IsWithinTwoUnitsInTheLastPlace(bool wide)
    {
        using var scope = NewDisposeScope();
        var x = linspace(-103, 88.7, 200_003, ScalarType.Float32);
        var result = empty_like(x);
        Run(new Exponentials { From = TensorMemory.Pointer(x), To = TensorMemory.Pointer(result), Count = x.numel() },
            ScalarType.Float32, wide);
        var values = TensorMemory.Span<float>(result);
        var inputs = TensorMemory.Span<float>(x);
        for (var i = 0; i < values.Length; i++)
        {
            var exact = (float)Math.Exp(inputs[i]);
            var unit = Math.Max(float.Epsilon, MathF.BitIncrement(exact) - exact);
            Assert.True(Math.Abs(values[i] - exact) <= 2 * unit, $"exp({inputs[i]}) is {values[i]}, not {exact}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Exp_OutsideOfTheRange_IsZeroInfinityOrNotANumber(bool wide)
    {
        using var scope = NewDisposeScope();
        var x = tensor(new float[] { 89, 1e30f, float.PositiveInfinity, -110, -1e30f, float.NegativeInfinity, float.NaN, 0, 1, 2, 3,
            4, 5, 6, 7, 8, -0f });
        var result = empty_like(x);
        Run(new Exponentials { From = TensorMemory.Pointer(x), To = TensorMemory.Pointer(result), Count = x.numel() },
            ScalarType.Float32, wide);
        KernelAssert.Close(x.to(ScalarType.Float64).exp().to(ScalarType.Float32), result, 1e-6, "exp");
    }

    [Theory]
    [InlineData(ScalarType.Float32, true)]
    [InlineData(ScalarType.Float32, false)]
    [InlineData(ScalarType.BFloat16, true)]
    [InlineData(ScalarType.BFloat16, false)]
    [InlineData(ScalarType.Float64, true)]
    [InlineData(ScalarType.Float64, false)]
    public void Registers_OfEitherWidth_LoadStoreAndReduceAlike(ScalarType type, bool wide)
    {
        using var scope = NewDisposeScope();
        var x = KernelAssert.Random(3, type, 67);
        var (result, sums) = (empty_like(x), new double[3]);
        fixed (double* sum = sums)
            Run(new Reductions { From = TensorMemory.Pointer(x), To = TensorMemory.Pointer(result), Count = 67, Sums = (nint)sum },
                type, wide);
        Assert.True(x.bytes.SequenceEqual(result.bytes), "The stored values differ from the loaded ones.");
        var exact = x.to(ScalarType.Float64);
        Assert.Equal(exact.sum().item<double>(), sums[0], 1e-4);
        Assert.Equal(exact.max().item<double>(), sums[1]);
        Assert.Equal(exact.square().sum().item<double>(), sums[2], 1e-4);
    }

    [Fact]
    public void Narrow_TiesInfinitiesAndNaN_EqualsLibtorch()
    {
        using var scope = NewDisposeScope();
        uint[] bits = [0x3F800000, 0x3F808000, 0x3F818000, 0x3F807FFF, 0x3F808001, 0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000, 0xFF800000,
            0x00000001, 0x80000000, 0x00008000, 0x00018000, 0x41234567, 0xC1234567, 0x3F7FFFFF, 0x7FC00000, 0x7F800001];
        var values = tensor(bits.Select(BitConverter.UInt32BitsToSingle).ToArray());
        var narrow = empty(bits.Length, ScalarType.BFloat16);
        ConvertKernel.Narrow(TensorMemory.Pointer(values), TensorMemory.Pointer(narrow), bits.Length);
        var (expected, actual) = (values.to(ScalarType.BFloat16), narrow);
        Assert.Equal(TensorMemory.Span<ushort>(expected)[..16].ToArray(), TensorMemory.Span<ushort>(actual)[..16].ToArray());
        Assert.True(actual.narrow(0, 16, 2).isnan().all().item<bool>());

        var back = empty(bits.Length);
        ConvertKernel.Widen(TensorMemory.Pointer(narrow), TensorMemory.Pointer(back), bits.Length);
        KernelAssert.Close(narrow.to(ScalarType.Float32), back, 0, "widened");
    }

    private static void Run<TKernel>(TKernel kernel, ScalarType type, bool wide) where TKernel : unmanaged, IRowKernel
    {
        using var width = new RegisterWidth(wide);
        RowKernels.Run(kernel, type, 1, 1);
    }

    private struct Reductions : IRowKernel
    {
        public nint From, To, Sums;
        public long Count;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            var whole = RowLoops.InFullRegisters<TSimd>(Count);
            var (sum, largest, squares) = Part<TSimd, TElement>(0, whole);
            var rest = Part<TOne, TElement>(whole, Count);
            ((double*)Sums)[0] = sum + rest.Sum;
            ((double*)Sums)[1] = Math.Max(largest, rest.Largest);
            ((double*)Sums)[2] = squares + rest.Squares;
        }

        private readonly (double Sum, double Largest, double Squares) Part<T, TElement>(long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            T sum = T.Of(0), largest = T.Of(double.NegativeInfinity), squares = T.Of(0);
            for (var i = begin; i < end; i += T.Count)
            {
                var value = T.Load((TElement*)From + i);
                T.Store((TElement*)To + i, value);
                sum += value;
                largest = T.Max(largest, value);
                squares = T.MultiplyAdd(value, value, squares);
            }

            return (T.Sum(sum), T.Largest(largest), T.Sum(squares));
        }
    }

    private struct Exponentials : IRowKernel
    {
        public nint From, To;
        public long Count;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            var whole = RowLoops.InFullRegisters<TSimd>(Count);
            for (long i = 0; i < whole; i += TSimd.Count) TSimd.Store((TElement*)To + i, TSimd.Exp(TSimd.Load((TElement*)From + i)));
            for (var i = whole; i < Count; i++) TOne.Store((TElement*)To + i, TOne.Exp(TOne.Load((TElement*)From + i)));
        }
    }
}
