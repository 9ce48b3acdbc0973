using Distributed.Planning.Placement;

namespace Distributed.Planning.Tests;

public sealed class RankGridTests
{
    [Theory]
    [InlineData(2, 3)]
    [InlineData(1, 4)]
    [InlineData(4, 1)]
    public void Groups_OfAnyGrid_CoverTheWorldOnceAlongRowsAndColumns(int expertParallel, int replicas)
    {
        var grid = new RankGrid(expertParallel, replicas);
        var world = Enumerable.Range(0, grid.World).ToArray();
        foreach (var rank in world)
        {
            Assert.Equal(rank, grid.RanksOfReplica(rank)[grid.ExpertRankOf(rank)]);
            Assert.Equal(rank, grid.RanksWithSameExperts(rank)[grid.ReplicaOf(rank)]);
            Assert.Equal([rank], grid.RanksOfReplica(rank).Intersect(grid.RanksWithSameExperts(rank)));
        }

        Assert.Equal(world, world.SelectMany(grid.RanksOfReplica).Distinct().Order());
        Assert.Equal(world, world.SelectMany(grid.RanksWithSameExperts).Distinct().Order());
    }

    [Fact]
    public void Plan_WithReplicas_RepeatsTheExpertsAndDistributesTheSequences()
    {
        var plan = ExecutionPlan.Create(new PlanRequest("job", new RankGrid(2, 2), 5, [1], GlobalBatch: 6, Accumulation: 1, Steps: 1),
            new ContiguousPlacement());
        Assert.Equal(4, plan.World);
        Assert.Equal([0, 1, 2], plan.ExpertsOn(1, 0));
        Assert.Equal([3, 4], plan.ExpertsOn(1, 1));
        Assert.Equal(plan.ExpertsOn(1, 0), plan.ExpertsOn(1, 2));
        Assert.Equal(plan.ExpertsOn(1, 1), plan.ExpertsOn(1, 3));
        Assert.Equal([2, 2, 1, 1], Enumerable.Range(0, 4).Select(plan.Sequences.PerStep));
    }
}
