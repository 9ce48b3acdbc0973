using Distributed.Tensors.Processor;
using static TorchSharp.torch;

namespace Distributed.Tensors.Products;

/// <summary>fp32 and fp64 products by the BLAS in libtorch's library (Fortran names, column-major), or by libtorch's operators where it exports none.</summary>
internal static unsafe class Blas
{
    private static readonly nint Sgemm = TorchLibrary.Find("sgemm_");
    private static readonly nint Dgemm = TorchLibrary.Find("dgemm_");

    public static void Multiply(Matrix c, Matrix a, Matrix b, bool add)
    {
        if (c.Type == ScalarType.Float32 && Sgemm != 0) Single(c, a, b, add);
        else if (c.Type == ScalarType.Float64 && Dgemm != 0) Double(c, a, b, add);
        else TorchProduct.Multiply(c, a, b, add);
    }

    // Row-major c = a b is column-major c' = b' a', and a row-major matrix is its own transpose in column-major order.
    private static void Single(Matrix c, Matrix a, Matrix b, bool add)
    {
        byte ofB = Operation(b), ofA = Operation(a);
        int m = checked((int)c.Columns), n = checked((int)c.Rows), k = checked((int)a.Width), ldb = Leading(b), lda = Leading(a), ldc = Leading(c);
        float alpha = 1, beta = add ? 1 : 0;
        ((delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, float*, int*, float*, int*, float*, float*, int*, void>)Sgemm)(
            &ofB, &ofA, &m, &n, &k, &alpha, (float*)b.Data, &ldb, (float*)a.Data, &lda, &beta, (float*)c.Data, &ldc);
    }

    private static void Double(Matrix c, Matrix a, Matrix b, bool add)
    {
        byte ofB = Operation(b), ofA = Operation(a);
        int m = checked((int)c.Columns), n = checked((int)c.Rows), k = checked((int)a.Width), ldb = Leading(b), lda = Leading(a), ldc = Leading(c);
        double alpha = 1, beta = add ? 1 : 0;
        ((delegate* unmanaged<byte*, byte*, int*, int*, int*, double*, double*, int*, double*, int*, double*, double*, int*, void>)Dgemm)(
            &ofB, &ofA, &m, &n, &k, &alpha, (double*)b.Data, &ldb, (double*)a.Data, &lda, &beta, (double*)c.Data, &ldc);
    }

    private static byte Operation(Matrix matrix) => (byte)(matrix.Transposed ? 'T' : 'N');

    private static int Leading(Matrix matrix) => checked((int)Math.Max(1, matrix.Columns));
}
