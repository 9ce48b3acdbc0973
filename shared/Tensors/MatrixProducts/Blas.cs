using Distributed.Tensors.Processor;
using static TorchSharp.torch;

namespace Distributed.Tensors.MatrixProducts;

/// <summary>
/// fp32 and fp64 products by the BLAS in libtorch's library (Fortran names, column-major), or by libtorch's operators if the library
/// exports no BLAS.
/// </summary>
internal static unsafe class Blas
{
    private static readonly nint Sgemm = TorchLibrary.Find("sgemm_");
    private static readonly nint Dgemm = TorchLibrary.Find("dgemm_");

    /// <summary>Whether the library exports the BLAS functions.</summary>
    public static bool IsAvailable => Sgemm != 0 && Dgemm != 0;

    public static void Multiply(Matrix c, Matrix a, Matrix b, bool add)
    {
        if (!IsAvailable) TorchProduct.Multiply(c, a, b, add);
        else if (c.Type == ScalarType.Float32) Multiply<float>(c, a, b, add);
        else Multiply<double>(c, a, b, add);
    }

    /// <summary>
    /// Computes c = alpha op(a) op(b), or adds to c, for row-major matrices with given row strides. c is [m, n], op(a) is [m, k], and op(b)
    /// is [k, n].
    /// </summary>
    // Row-major c = a b is column-major c' = b' a', and a row-major matrix is its own transpose in column-major order.
    public static void Multiply<T>(long m, long n, long k, double alpha, T* a, long rowOfA, bool transposeA, T* b, long rowOfB,
        bool transposeB, T* c, long rowOfC, bool add)
        where T : unmanaged
    {
        if (m == 0 || n == 0) return;
        byte ofA = (byte)(transposeA ? 'T' : 'N'), ofB = (byte)(transposeB ? 'T' : 'N');
        int height = checked((int)m), width = checked((int)n), inner = checked((int)k), lda = checked((int)rowOfA),
            ldb = checked((int)rowOfB), ldc = checked((int)rowOfC);
        if (typeof(T) == typeof(float))
        {
            float scale = (float)alpha, keep = add ? 1 : 0;
            ((delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, void*, int*, void*, int*, float*, void*, int*, void>)Sgemm)(
                &ofB, &ofA, &width, &height, &inner, &scale, b, &ldb, a, &lda, &keep, c, &ldc);
        }
        else
        {
            double keep = add ? 1 : 0;
            ((delegate* unmanaged<byte*, byte*, int*, int*, int*, double*, void*, int*, void*, int*, double*, void*, int*, void>)Dgemm)(
                &ofB, &ofA, &width, &height, &inner, &alpha, b, &ldb, a, &lda, &keep, c, &ldc);
        }
    }

    private static void Multiply<T>(Matrix c, Matrix a, Matrix b, bool add) where T : unmanaged => Multiply(
        c.Rows, c.Columns, a.Width, 1, (T*)a.Data, Math.Max(1, a.Columns), a.Transposed, (T*)b.Data, Math.Max(1, b.Columns), b.Transposed,
        (T*)c.Data, Math.Max(1, c.Columns), add);
}
