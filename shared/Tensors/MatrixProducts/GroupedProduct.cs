using static TorchSharp.torch;

namespace Distributed.Tensors.MatrixProducts;

/// <summary>
/// One product per group of rows, each with a matrix of its own out of a stack: the experts' products.
/// <code>A rows, group after group   N groups   p, q widths</code>
/// </summary>
public static class GroupedProduct
{
    /// <summary>y of group n = x W_n^T.</summary>
    /// <param name="y">[A, q].</param>
    /// <param name="x">[A, p].</param>
    /// <param name="stack">[N, q, p].</param>
    /// <param name="counts">Rows of each group, N of them, 0 or more.</param>
    public static void Forward(Tensor y, Tensor x, Tensor stack, IReadOnlyList<long> counts) =>
        Each(counts, stack, (n, begin, count, weight) => MatrixProduct.Multiply(Rows(y, begin, count), Rows(x, begin, count), weight.T));

    /// <summary>The gradient of x of group n = that of y times W_n.</summary>
    public static void InputGradient(Tensor x, Tensor y, Tensor stack, IReadOnlyList<long> counts) =>
        Each(counts, stack, (n, begin, count, weight) => MatrixProduct.Multiply(Rows(x, begin, count), Rows(y, begin, count), weight));

    /// <summary>Adds the gradient of W_n, that of y of group n, transposed, times x of group n, to <paramref name="sum"/> [N, q, p].</summary>
    public static void AddWeightGradient(Tensor sum, Tensor y, Tensor x, IReadOnlyList<long> counts) =>
        Each(counts, sum, (n, begin, count, weight) => MatrixProduct.Multiply(weight, Rows(y, begin, count).T, Rows(x, begin, count), add: true));

    private static void Each(IReadOnlyList<long> counts, Tensor stack, Action<int, long, long, Matrix> product)
    {
        var (all, height, begin) = (Matrix.Of(stack), stack.size(1), 0L);
        for (var n = 0; n < counts.Count; n++)
        {
            if (counts[n] > 0) product(n, begin, counts[n], all.RowsFrom(n * height, height));
            begin += counts[n];
        }
    }

    private static Matrix Rows(Tensor tensor, long begin, long count) => Matrix.Of(tensor).RowsFrom(begin, count);
}
