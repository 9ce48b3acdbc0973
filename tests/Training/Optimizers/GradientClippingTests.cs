using Distributed.Parallel.Collectives;
using Distributed.Training.Optimizers;
using Distributed.Transports.InMemory;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Optimizers;

public sealed class GradientClippingTests
{
    [Fact]
    public void GlobalNorm_GradientsSpreadOverRanks_IsTheNormOfAllOfThem()
    {
        const int Size = 3;
        var fabric = new InMemoryFabric(Size);
        var norms = new double[Size];
        var threads = Enumerable.Range(0, Size).Select(rank => new Thread(() =>
        {
            using var scope = NewDisposeScope();
            using var collectives = new ExchangeCollectives(fabric.Endpoint(rank));
            Tensor[] counted = rank == 1 ? [] : [torch.full([rank + 1, 2], 2.0f), torch.full([3], 1.0f)];
            norms[rank] = GradientClipping.GlobalNorm(counted, collectives);
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromSeconds(30))));

        // rank 0: 2 * 4 + 3; rank 2: 6 * 4 + 3
        Assert.All(norms, norm => Assert.Equal(Math.Sqrt(11 + 27), norm));
    }

    [Fact]
    public void SumOfSquares_SmallAndLargeValuesInFloat32_KeepsTheSmallOnes()
    {
        using var large = torch.full([1], 1e4f);
        using var tiny = torch.full([1000], 1e-2f);

        Assert.Equal(1e8 + 0.1, GradientClipping.SumOfSquares([large, tiny]), 1e-6);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(0.5, 1, 1)]
    [InlineData(4, 1, 1 / 4.000001)]
    public void Coefficient_AnyNorm_IsTheFormula(double norm, double maxNorm, double expected) =>
        Assert.Equal(expected, GradientClipping.Coefficient(norm, maxNorm), 1e-15);

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(1, 0)]
    [InlineData(1, double.NaN)]
    public void Coefficient_NormOutOfRange_IsRefused(double norm, double maxNorm) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => GradientClipping.Coefficient(norm, maxNorm));
}
