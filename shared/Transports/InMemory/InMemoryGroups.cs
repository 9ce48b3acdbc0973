using Distributed.Planning;

namespace Distributed.Transports.InMemory;

/// <summary>The groups of a world of ranks that are threads of one process.</summary>
public static class InMemoryGroups
{
    /// <summary>Every rank's ends, by rank.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static RankGroups[] Create(RankGrid grid, ExchangeOptions? options = null, SimulatedLink? link = null)
    {
        var world = new InMemoryFabric(grid.World, options, link);
        InMemoryFabric[] replicas = [.. Enumerable.Range(0, grid.Replicas).Select(replica => world.Group(grid.RanksOfReplica(replica * grid.ExpertParallel)))];
        InMemoryFabric[] places = [.. Enumerable.Range(0, grid.ExpertParallel).Select(place => world.Group(grid.RanksOfPlace(place)))];
        return [.. Enumerable.Range(0, grid.World).Select(rank => new RankGroups(
            world.Endpoint(rank), replicas[grid.ReplicaOf(rank)].Endpoint(grid.PlaceOf(rank)), places[grid.PlaceOf(rank)].Endpoint(grid.ReplicaOf(rank))))];
    }
}
