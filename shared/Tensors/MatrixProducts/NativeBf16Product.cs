using Distributed.Tensors.Kernels;
using Distributed.Tensors.Processor;
using static TorchSharp.torch;

namespace Distributed.Tensors.MatrixProducts;

/// <summary>
/// bf16 products by libtorch. The operator's result is bf16; for an fp32 destination the result is then widened or added.
/// </summary>
internal static class NativeBf16Product
{
    public static void Multiply(Matrix c, Matrix a, Matrix b, bool add)
    {
        if (c.Type == ScalarType.BFloat16)
        {
            TorchProduct.Multiply(c, a, b, add);
            return;
        }

        var product = new Matrix(ThreadScratch.Reserve(0, c.Count * sizeof(ushort)), c.Rows, c.Columns, ScalarType.BFloat16);
        TorchProduct.Multiply(product, a, b, add: false);
        if (add) ConvertKernel.AddWidened(product.Data, c.Data, c.Count);
        else ConvertKernel.Widen(product.Data, c.Data, c.Count);
    }
}
