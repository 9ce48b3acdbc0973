using Distributed.Planning;

namespace Distributed.Transports.InMemory;

/// <summary>Creates the groups of a world whose ranks are threads of one process.</summary>
public static class InMemoryGroups
{
    /// <summary>Returns the ends of every rank, by rank.</summary>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public static RankGroups[] Create(RankGrid grid, ExchangeOptions? options = null, SimulatedLink? link = null)
    {
        var world = new InMemoryFabric(grid.World, options, link);
        InMemoryFabric[] replicas =
        [
            .. Enumerable.Range(0, grid.Replicas).Select(replica => world.Group(grid.RanksOfReplica(replica * grid.ExpertParallel))),
        ];
        InMemoryFabric[] sameExperts =
        [
            .. Enumerable.Range(0, grid.ExpertParallel).Select(rank => world.Group(grid.RanksWithSameExperts(rank))),
        ];
        return [.. Enumerable.Range(0, grid.World).Select(rank => new RankGroups(
            world.Endpoint(rank), replicas[grid.ReplicaOf(rank)].Endpoint(grid.ExpertRankOf(rank)),
            sameExperts[grid.ExpertRankOf(rank)].Endpoint(grid.ReplicaOf(rank))))];
    }
}
