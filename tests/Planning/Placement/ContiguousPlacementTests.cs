using Distributed.Planning.Placement;

namespace Distributed.Planning.Tests.Placement;

public sealed class ContiguousPlacementTests
{
    [Fact]
    public void Placement_SixteenExpertsOverThreeRanks_AreSixFiveFive()
    {
        var layout = new ContiguousPlacement().Place(new PlacementRequest([1, 2, 5], Experts: 16, World: 3));

        Assert.Equal([1, 2, 5], layout.Layers);
        foreach (var layer in layout.Layers)
        {
            Assert.Equal(Enumerable.Range(0, 6), layout.On(layer, 0));
            Assert.Equal(Enumerable.Range(6, 5), layout.On(layer, 1));
            Assert.Equal(Enumerable.Range(11, 5), layout.On(layer, 2));
        }

        var (layers, shares) = Assert.Single(layout.Distinct());
        Assert.Equal([1, 2, 5], layers);
        Assert.Equal([6, 5, 5], shares.Select(share => share.Length));
    }

    [Fact]
    public void Placement_AnySizes_HoldsEveryExpertOnceAndLeavesNoRankEmpty()
    {
        foreach (var experts in Enumerable.Range(1, 20))
        {
            foreach (var world in Enumerable.Range(1, experts))
            {
                var layout = new ContiguousPlacement().Place(new PlacementRequest([0], experts, world));
                var shares = Enumerable.Range(0, world).Select(rank => layout.On(0, rank)).ToArray();

                Assert.Equal(Enumerable.Range(0, experts), shares.SelectMany(share => share));
                Assert.InRange(shares.Max(share => share.Length) - shares.Min(share => share.Length), 0, 1);
                Assert.All(shares, share => Assert.NotEmpty(share));
            }
        }
    }

    [Fact]
    public void Placement_MoreRanksThanExperts_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(
            () => new ContiguousPlacement().Place(new PlacementRequest([0], Experts: 4, World: 5)));

        Assert.Contains("4 experts cannot be placed on 5 ranks", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Placement_DenseNetwork_TakesAnyNumberOfRanks() =>
        Assert.Empty(new ContiguousPlacement().Place(new PlacementRequest([], Experts: 0, World: 5)).Layers);
}
