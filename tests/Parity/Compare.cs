using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests;

/// <summary>Assertions that report which tensor differs, and by how much.</summary>
internal static class Compare
{
    /// <summary>Asserts that the largest absolute difference is at most <paramref name="bound"/>.</summary>
    public static void Close(string name, Tensor actual, Tensor expected, double bound)
    {
        SameShape(name, actual, expected);
        if (actual.numel() == 0) return;
        var difference = Difference(actual, expected);
        Assert.True(difference <= bound, $"{name}: differs by {difference:E2}, allowed {bound:E2}");
    }

    /// <summary>Asserts that the largest difference is at most relative * largest expected value + absolute.</summary>
    public static void CloseToLargest(string name, Tensor actual, Tensor expected, double relative, double absolute) =>
        Close(name, actual, expected,
            (expected.numel() == 0 ? 0 : relative * expected.to(ScalarType.Float64).abs().max().ToDouble()) + absolute);

    /// <summary>Asserts that every element is within absolute + relative * its expected value.</summary>
    public static void CloseEach(string name, Tensor actual, Tensor expected, double relative, double absolute)
    {
        SameShape(name, actual, expected);
        if (actual.numel() == 0) return;
        var (a, b) = (actual.detach().to(ScalarType.Float64), expected.to(ScalarType.Float64));
        var excess = ((a - b).abs() - b.abs() * relative - absolute).max().ToDouble();
        Assert.True(excess <= 0, $"{name}: exceeds {absolute:E1} + {relative:E1} * |expected| by {excess:E2}");
    }

    /// <summary>Asserts that integers are equal.</summary>
    public static void Same(string name, Tensor actual, Tensor expected)
    {
        SameShape(name, actual, expected);
        var different = actual.ne(expected).sum().ToInt64();
        Assert.True(different == 0, $"{name}: {different} of {actual.numel()} elements differ");
    }

    private static void SameShape(string name, Tensor actual, Tensor expected) =>
        Assert.True(
            actual.shape.SequenceEqual(expected.shape),
            $"{name}: shape [{string.Join(", ", actual.shape)}], expected [{string.Join(", ", expected.shape)}]");

    private static double Difference(Tensor actual, Tensor expected)
    {
        var difference = (actual.detach().to(ScalarType.Float64) - expected.to(ScalarType.Float64)).abs().max().ToDouble();
        return double.IsNaN(difference) ? double.PositiveInfinity : difference;
    }
}
