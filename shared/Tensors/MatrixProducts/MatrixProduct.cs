using Distributed.Tensors.Processor;
using static TorchSharp.torch;

namespace Distributed.Tensors.MatrixProducts;

/// <summary>A matrix in memory, row-major without gaps.</summary>
/// <param name="Data">Address of the first element.</param>
/// <param name="Rows">Rows in memory.</param>
/// <param name="Columns">Columns in memory.</param>
/// <param name="Type">bf16, fp32 or fp64.</param>
/// <param name="Transposed">Whether the value stands for the transpose of the matrix in memory.</param>
public readonly record struct Matrix(nint Data, long Rows, long Columns, ScalarType Type, bool Transposed = false)
{
    /// <summary>Creates a matrix over a contiguous tensor: the last dimension gives the columns, all other dimensions the rows.</summary>
    public static Matrix Of(Tensor tensor)
    {
        var columns = tensor.size(-1);
        return new(TensorMemory.Pointer(tensor), columns == 0 ? 0 : tensor.numel() / columns, columns, tensor.dtype);
    }

    /// <summary>The transpose; moves no data.</summary>
    public Matrix T => this with { Transposed = !Transposed };

    /// <summary>Returns a range of rows of a matrix that is not transposed.</summary>
    public Matrix RowsFrom(long begin, long count) => this with { Data = Data + (nint)(begin * Columns * ElementSize), Rows = count };

    internal long Height => Transposed ? Columns : Rows;

    internal long Width => Transposed ? Rows : Columns;

    internal long Count => Rows * Columns;

    internal int ElementSize => Type switch
    {
        ScalarType.BFloat16 => 2,
        ScalarType.Float32 => 4,
        ScalarType.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(Type), Type, "Matrix products support bf16, fp32 and fp64."),
    };
}

/// <summary>
/// Computes c = a b, or c += a b. fp32 and fp64 call the BLAS in libtorch's library directly, without the 5 to 10 µs of an operator.
/// bf16 calls libtorch if the processor multiplies bf16 natively; otherwise it computes in fp32, which is ten times as fast there as
/// libtorch's own bf16. Sums are at least fp32. The caller must keep the tensors alive.
/// </summary>
public static class MatrixProduct
{
    /// <summary>Multiplies two matrices.</summary>
    /// <param name="c">Result, [m, n], not transposed; of the type of a and b, or fp32 for bf16 factors.</param>
    /// <param name="a">First factor, [m, k].</param>
    /// <param name="b">Second factor, [k, n], of a's type.</param>
    /// <param name="add">Whether to add the product to c instead of overwriting c.</param>
    /// <exception cref="ArgumentException">Shapes or types do not match.</exception>
    public static void Multiply(Matrix c, Matrix a, Matrix b, bool add = false)
    {
        Check(c, a, b);
        if (c.Count == 0) return;
        if (a.Width == 0)
        {
            if (!add) Clear(c);
            return;
        }

        if (a.Type != ScalarType.BFloat16) Blas.Multiply(c, a, b, add);
        else if (ProcessorFlags.MultipliesBf16) NativeBf16Product.Multiply(c, a, b, add);
        else WidenedProduct.Multiply(c, a, b, add);
    }

    private static unsafe void Clear(Matrix c) => new Span<byte>((void*)c.Data, checked((int)(c.Count * c.ElementSize))).Clear();

    private static void Check(Matrix c, Matrix a, Matrix b)
    {
        if (c.Transposed || c.Height != a.Height || c.Width != b.Width || a.Width != b.Height)
        {
            throw new ArgumentException($"Shapes do not match: [{a.Height}, {a.Width}] times [{b.Height}, {b.Width}] "
                + $"is not {(c.Transposed ? "a transposed " : "")}[{c.Height}, {c.Width}].");
        }

        if (a.Type != b.Type || (c.Type != a.Type && !(a.Type == ScalarType.BFloat16 && c.Type == ScalarType.Float32)))
            throw new ArgumentException($"{a.Type} times {b.Type} cannot be written as {c.Type}.");
    }
}
