using Distributed.Parallel.Sharding;

namespace Distributed.Parallel.Tests.Sharding;

public sealed class WholeTensorOwnersTests
{
    [Fact]
    public void Assign_TensorsOfManySizes_DiffersByLessThanTheLargest()
    {
        var random = new Random(1);
        long[] sizes = [.. Enumerable.Range(0, 100).Select(_ => random.NextInt64(1, 10_000))];
        foreach (var ranks in new[] { 1, 2, 3, 7 })
        {
            var owners = WholeTensorOwners.Assign(sizes, ranks);
            var loads = Enumerable.Range(0, ranks)
                .Select(rank => owners.Zip(sizes).Where(pair => pair.First == rank).Sum(pair => pair.Second)).ToArray();
            Assert.Equal(sizes.Sum(), loads.Sum());
            Assert.True(loads.Max() - loads.Min() < sizes.Max());
        }
    }

    [Fact]
    public void Assign_FewerTensorsThanRanks_LeavesRanksWithoutAny() => Assert.Equal([0, 1], WholeTensorOwners.Assign([5, 5], 4));

    [Fact]
    public void Assign_NoRanks_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => WholeTensorOwners.Assign([1], 0));
}
