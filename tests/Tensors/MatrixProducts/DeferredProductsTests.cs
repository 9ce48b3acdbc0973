using Distributed.Tensors.MatrixProducts;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.MatrixProducts;

public sealed class DeferredProductsTests
{
    [Theory]
    [InlineData(1.0, "8 16 2 4")]
    [InlineData(0.5, "8")] // 8 of 30 is nearer than 24
    [InlineData(0.6, "8 16")]
    [InlineData(0.1, "")]
    public void Run_AShare_ComputesTheNearestNumberOfProductsInOrder(double share, string expected)
    {
        var done = new List<long>();
        using var deferred = new DeferredProducts();
        foreach (var width in new[] { 8, 16, 2, 4 }) Defer(deferred, width, done);
        deferred.Run(share);
        Assert.Equal(expected, string.Join(' ', done));
        deferred.Run(1);
        Assert.Equal([8, 16, 2, 4], done);
    }

    [Fact]
    public void Run_FactorsDisposedBefore_HoldsTheirMemory()
    {
        using var deferred = new DeferredProducts();
        using var target = zeros(2, 3);
        var sum = new GradientAccumulator { Target = target, Later = deferred };
        using (var y = ones(4, 2))
        using (var x = ones(4, 3)) sum.Add(y, x, (to, left, right) => to.add_(left.t().mm(right)));
        Assert.Equal(0, target.sum().ToDouble());
        deferred.Run(1);
        Assert.Equal(4 * 6, target.sum().ToDouble());
    }

    private static void Defer(DeferredProducts deferred, long width, List<long> done)
    {
        using Tensor target = zeros(width, 3), y = zeros(5, width), x = zeros(5, 3);
        new GradientAccumulator { Target = target, Later = deferred }.Add(y, x, (_, left, _) => done.Add(left.size(1)));
    }
}
