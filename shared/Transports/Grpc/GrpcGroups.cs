using Distributed.Planning;
using Distributed.Protocol.Identities;

namespace Distributed.Transports.Grpc;

/// <summary>Connects the groups of a rank whose world is expert parallelism times replicas.</summary>
public static class GrpcGroups
{
    private const string Experts = "experts", Replicas = "replicas";

    /// <summary>Connects a rank to all others; see <see cref="GrpcExchangeServer.ConnectAsync"/> for errors.</summary>
    /// <param name="server">Server of this rank.</param>
    /// <param name="identity">Job, group and epoch of the world.</param>
    /// <param name="grid">Shape of the world.</param>
    /// <param name="rank">World rank of this rank, in [0, <see cref="RankGrid.World"/>).</param>
    /// <param name="addresses">The <see cref="GrpcExchangeServer.Address"/> of every rank, by rank.</param>
    /// <param name="options">Settings of the exchanges, the same on every rank; null for the defaults.</param>
    /// <param name="cancellation">Stops connecting.</param>
    public static async Task<RankGroups> ConnectAsync(
        GrpcExchangeServer server, GroupEpoch identity, RankGrid grid, int rank, IReadOnlyList<Uri> addresses,
        ExchangeOptions? options = null, CancellationToken cancellation = default)
    {
        if (addresses.Count != grid.World)
            throw new ArgumentException($"There are {addresses.Count} addresses for a world of {grid.World} ranks.", nameof(addresses));
        var fabric = await server.ConnectAsync(
            new GrpcMembership
            {
                Identity = identity,
                Rank = rank,
                Addresses = addresses,
                Groups = [new RankSubset(Experts, grid.RanksOfReplica(rank)), new RankSubset(Replicas, grid.RanksWithSameExperts(rank))],
            },
            options, cancellation);
        return new RankGroups(fabric.World, fabric.Group(Experts), fabric.Group(Replicas));
    }
}
