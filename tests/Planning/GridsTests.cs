using Distributed.Planning.Placement;

namespace Distributed.Planning.Tests;

public sealed class GridsTests
{
    [Theory]
    [InlineData(4, 1, 4, 1)]
    [InlineData(3, 1, 3, 1)]
    [InlineData(4, 2, 2, 2)]
    [InlineData(3, 2, 3, 1)]
    [InlineData(6, 2, 3, 2)]
    [InlineData(9, 2, 3, 3)] // one replica would need nine experts
    [InlineData(40, 1, 8, 2)] // sixteen sequences limit the ranks
    public void Fitting_UsesAllWorkersThatTheJobAllows(int workers, int replicas, int expertParallel, int gives)
    {
        var request = new PlanRequest("job", new RankGrid(4, replicas), Experts: 8, [1], GlobalBatch: 16, Accumulation: 1, Steps: 1);

        Assert.Equal(new RankGrid(expertParallel, gives), Grids.Fitting(workers, request));
    }

    [Fact]
    public void Fitting_NoWorkers_IsNull() =>
        Assert.Null(Grids.Fitting(0, new PlanRequest("job", new RankGrid(4, 1), 8, [1], 16, 1, 1)));

    [Theory]
    [InlineData("a", 0)]
    [InlineData("a a a", 1)]
    [InlineData("a a b b", 2)]
    [InlineData("a b a b", 1)]
    [InlineData("a a a a b b b b", 4)]
    public void Shift_OfFailureDomains_PutsMostBuddiesIntoAnotherOne(string hosts, int shift) =>
        Assert.Equal(shift, Buddies.Shift(hosts.Split(' ')));
}
