using static TorchSharp.torch;

namespace Distributed.Tensors.MatrixProducts;

/// <summary>
/// One product per group of rows, each group with its own matrix of a stack: the products of routed experts.
/// <code>A rows, sorted by group   N groups   p, q widths</code>
/// </summary>
public static class GroupedProduct
{
    /// <summary>Computes y = x W_n^T for the rows of each group n.</summary>
    /// <param name="y">Receives the outputs, [A, q].</param>
    /// <param name="x">Inputs, [A, p].</param>
    /// <param name="stack">Matrices W_n, [N, q, p].</param>
    /// <param name="counts">Number of rows of each of the N groups, at least 0.</param>
    public static void Forward(Tensor y, Tensor x, Tensor stack, IReadOnlyList<long> counts) =>
        Each(counts, stack, (n, begin, count, weight) => MatrixProduct.Multiply(Rows(y, begin, count), Rows(x, begin, count), weight.T));

    /// <summary>Computes the gradient of x, the gradient of y times W_n, for the rows of each group n.</summary>
    public static void InputGradient(Tensor x, Tensor y, Tensor stack, IReadOnlyList<long> counts) =>
        Each(counts, stack, (n, begin, count, weight) => MatrixProduct.Multiply(Rows(x, begin, count), Rows(y, begin, count), weight));

    /// <summary>Adds the gradient of each W_n, the transposed gradient of y times x, to <paramref name="sum"/> [N, q, p].</summary>
    public static void AddWeightGradient(Tensor sum, Tensor y, Tensor x, IReadOnlyList<long> counts) =>
        Each(counts, sum,
            (n, begin, count, weight) => MatrixProduct.Multiply(weight, Rows(y, begin, count).T, Rows(x, begin, count), add: true));

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
