using static TorchSharp.torch;

namespace Distributed.Training.Tests;

internal static class TensorAssert
{
    /// <summary>Asserts that no element differs by more than the tolerance.</summary>
    public static void Close(Tensor expected, Tensor actual, double tolerance, string what = "")
    {
        Assert.Equal(expected.shape, actual.shape);
        using var scope = NewDisposeScope();
        var difference = (expected.to(ScalarType.Float64) - actual.to(ScalarType.Float64)).abs().max().item<double>();
        Assert.True(difference <= tolerance, $"{what} differs by {difference}, more than {tolerance}");
    }

    /// <summary>Asserts that two tensors are equal bit for bit.</summary>
    public static void Same(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.dtype, actual.dtype);
        Assert.Equal(expected.shape, actual.shape);
        Assert.True(expected.contiguous().bytes.SequenceEqual(actual.contiguous().bytes));
    }
}
