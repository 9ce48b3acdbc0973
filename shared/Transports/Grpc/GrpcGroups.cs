using Distributed.Planning;
using Distributed.Protocol.Identities;

namespace Distributed.Transports.Grpc;

/// <summary>The groups of a rank whose world is expert parallelism times replicas.</summary>
public static class GrpcGroups
{
    private const string Experts = "experts", Replicas = "replicas";

    /// <summary>Connects a rank with all others; see <see cref="GrpcNode.ConnectAsync"/> for errors.</summary>
    /// <param name="node">The rank's.</param>
    /// <param name="identity">The world's.</param>
    /// <param name="grid">The world's shape.</param>
    /// <param name="rank">In [0, <see cref="RankGrid.World"/>).</param>
    /// <param name="addresses">Every rank's <see cref="GrpcNode.Address"/>, by rank.</param>
    /// <param name="options">The same on every rank.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<RankGroups> ConnectAsync(
        GrpcNode node, GroupEpoch identity, RankGrid grid, int rank, IReadOnlyList<Uri> addresses, ExchangeOptions? options = null, CancellationToken cancellation = default)
    {
        if (addresses.Count != grid.World)
            throw new ArgumentException($"There are {addresses.Count} addresses for a world of {grid.World} ranks.", nameof(addresses));
        var fabric = await node.ConnectAsync(
            new GrpcMembership
            {
                Identity = identity,
                Rank = rank,
                Addresses = addresses,
                Groups = [new RankSubset(Experts, grid.RanksOfReplica(rank)), new RankSubset(Replicas, grid.RanksOfPlace(rank))],
            },
            options, cancellation);
        return new RankGroups(fabric.World, fabric.Group(Experts), fabric.Group(Replicas));
    }
}
