using Distributed.Tensors.Processor;
using Distributed.Tensors.MatrixProducts;
using Distributed.Tensors.Tests.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.MatrixProducts;

public sealed class MatrixProductTests
{
    [Theory]
    [InlineData(ScalarType.Float64, ScalarType.Float64, 1e-13)]
    [InlineData(ScalarType.Float32, ScalarType.Float32, 2e-6)]
    [InlineData(ScalarType.BFloat16, ScalarType.BFloat16, 1e-2)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32, 1e-2)]
    public void Multiply_EveryTransposition_EqualsTheProduct(ScalarType type, ScalarType result, double tolerance)
    {
        foreach (var product in Products())
        {
            foreach (var (m, k, n) in new[] { (1L, 1L, 1L), (17, 5, 33), (64, 40, 8) })
            {
                foreach (var (transposeA, transposeB, add) in new[] { (false, false, false), (true, false, true), (false, true, true),
                    (true, true, false) })
                {
                    using var scope = NewDisposeScope();
                    var a = KernelAssert.Random(1, type, transposeA ? [k, m] : [m, k]);
                    var b = KernelAssert.Random(2, type, transposeB ? [n, k] : [k, n]);
                    var c = KernelAssert.Random(3, result, m, n);
                    var (wideA, wideB) = (a.to(ScalarType.Float64), b.to(ScalarType.Float64));
                    var expected = (transposeA ? wideA.t() : wideA).mm(transposeB ? wideB.t() : wideB)
                        + (add ? c.to(ScalarType.Float64) : 0);
                    product(Matrix.Of(c), transposeA ? Matrix.Of(a).T : Matrix.Of(a), transposeB ? Matrix.Of(b).T : Matrix.Of(b), add);
                    KernelAssert.Close(expected, c, tolerance, $"{m}x{k}x{n} {transposeA} {transposeB} {add}");
                }
            }
        }

        // bf16: the implementations for processors with and without native products. Other types: the BLAS and libtorch's operators.
        IEnumerable<Action<Matrix, Matrix, Matrix, bool>> Products() =>
            type == ScalarType.BFloat16
                ? [MatrixProduct.Multiply, NativeBf16Product.Multiply, WidenedProduct.Multiply]
                : [MatrixProduct.Multiply, TorchProduct.Multiply];
    }

    [Theory]
    [InlineData(ScalarType.Float64, ScalarType.Float64)]
    [InlineData(ScalarType.Float32, ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16, ScalarType.BFloat16)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32)]
    public void Multiply_OneThreadAndTwo_GiveTheSameBitsIfReproducible(ScalarType type, ScalarType result)
    {
        foreach (var (m, k, n) in new[] { (1L, 300L, 70L), (33, 70, 1), (64, 2048, 64), (96, 4096, 33), (300, 257, 130),
            (512, 64, 512), (1024, 256, 256) })
        {
            foreach (var (transposeA, transposeB, add) in new[] { (false, false, false), (true, false, true), (false, true, false),
                (true, true, true) })
            {
                using var scope = NewDisposeScope();
                var a = KernelAssert.Random(1, type, transposeA ? [k, m] : [m, k]);
                var b = KernelAssert.Random(2, type, transposeB ? [n, k] : [k, n]);
                var (one, two) = (Product(1), Product(2));
                var name = $"{m}x{k}x{n}, transposed {transposeA} {transposeB}, added {add}";
                KernelAssert.Close(one.to(ScalarType.Float64), two,
                    type switch { ScalarType.Float64 => 1e-13, ScalarType.Float32 => 2e-6, _ => 1e-2 }, name);
                Assert.True(!ReproducibleProducts.IsEnabled || one.bytes.SequenceEqual(two.bytes),
                    $"{name}: depends on the number of threads.");

                Tensor Product(int threads)
                {
                    var before = get_num_threads();
                    set_num_threads(threads);
                    var c = KernelAssert.Random(3, result, m, n);
                    MatrixProduct.Multiply(Matrix.Of(c), transposeA ? Matrix.Of(a).T : Matrix.Of(a),
                        transposeB ? Matrix.Of(b).T : Matrix.Of(b), add);
                    set_num_threads(before);
                    return c;
                }
            }
        }
    }

    [Fact]
    public void Multiply_InnerDimensionZero_ClearsOrKeepsTheResult()
    {
        using var scope = NewDisposeScope();
        var c = ones(3, 4);
        MatrixProduct.Multiply(Matrix.Of(c), new Matrix(0, 3, 0, ScalarType.Float32), new Matrix(0, 0, 4, ScalarType.Float32), add: true);
        Assert.Equal(12, c.sum().item<float>());
        MatrixProduct.Multiply(Matrix.Of(c), new Matrix(0, 3, 0, ScalarType.Float32), new Matrix(0, 0, 4, ScalarType.Float32));
        Assert.Equal(0, c.sum().item<float>());
    }

    [Fact]
    public void Multiply_ShapesOrTypesThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        var (a, b, c) = (Matrix.Of(zeros(2, 3)), Matrix.Of(zeros(4, 5)), Matrix.Of(zeros(2, 5)));
        Assert.Contains("[2, 3] times [4, 5]", Assert.Throws<ArgumentException>(() => MatrixProduct.Multiply(c, a, b)).Message);
        var doubles = Matrix.Of(zeros(3, 5, ScalarType.Float64));
        Assert.Contains("Float64", Assert.Throws<ArgumentException>(() => MatrixProduct.Multiply(c, a, doubles)).Message);
    }

    [Fact]
    public void Grouped_GroupsWithoutRows_AreSkipped()
    {
        using var scope = NewDisposeScope();
        long[] counts = [3, 0, 2];
        var (x, stack, y) = (KernelAssert.Random(1, ScalarType.Float64, 5, 4), KernelAssert.Random(2, ScalarType.Float64, 3, 6, 4),
            empty(5, 6, ScalarType.Float64));
        GroupedProduct.Forward(y, x, stack, counts);
        KernelAssert.Close(cat([x.narrow(0, 0, 3).mm(stack[0].t()), x.narrow(0, 3, 2).mm(stack[2].t())]), y, 1e-14, "forward");
        var sum = zeros_like(stack);
        GroupedProduct.AddWeightGradient(sum, y, x, counts);
        KernelAssert.Close(
            stack_([y.narrow(0, 0, 3).t().mm(x.narrow(0, 0, 3)), zeros(6, 4, ScalarType.Float64),
                y.narrow(0, 3, 2).t().mm(x.narrow(0, 3, 2))]), sum, 1e-14, "weights' gradient");
        static Tensor stack_(Tensor[] parts) => torch.stack(parts);
    }
}
