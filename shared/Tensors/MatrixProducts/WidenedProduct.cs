using Distributed.Tensors.Kernels;
using Distributed.Tensors.Processor;
using static TorchSharp.torch;

namespace Distributed.Tensors.MatrixProducts;

/// <summary>bf16 products computed in fp32: factors are widened, which is exact, and the product is rounded once.</summary>
internal static class WidenedProduct
{
    public static void Multiply(Matrix c, Matrix a, Matrix b, bool add)
    {
        var (wideA, wideB) = (Widened(0, a), Widened(1, b));
        if (c.Type == ScalarType.Float32)
        {
            Blas.Multiply(c, wideA, wideB, add);
            return;
        }

        var product = new Matrix(ThreadScratch.Reserve(2, c.Count * sizeof(float)), c.Rows, c.Columns, ScalarType.Float32);
        if (add) ConvertKernel.Widen(c.Data, product.Data, c.Count);
        Blas.Multiply(product, wideA, wideB, add);
        ConvertKernel.Narrow(product.Data, c.Data, c.Count);
    }

    private static Matrix Widened(int slot, Matrix matrix)
    {
        var wide = matrix with { Data = ThreadScratch.Reserve(slot, matrix.Count * sizeof(float)), Type = ScalarType.Float32 };
        ConvertKernel.Widen(matrix.Data, wide.Data, matrix.Count);
        return wide;
    }
}
