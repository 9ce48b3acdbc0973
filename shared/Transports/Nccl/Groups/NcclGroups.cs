using Distributed.Transports.Grpc;

namespace Distributed.Transports.Nccl;

/// <summary>
/// Connects the groups of a rank whose world is expert parallelism times replicas, over NCCL. (1) All ranks connect over gRPC, which is
/// their fence from then on. (2) The communicator of the world is created, with an id from one rank. (3) Over it, the ranks distribute the
/// ids of the other two groups, each created by the first rank of its group. (4) Their communicators are created. gRPC carries only the
/// fence.
/// </summary>
public static class NcclGroups
{
    private const string Experts = "experts", Replicas = "replicas";

    /// <summary>Connects a rank to all others.</summary>
    /// <param name="server">Server of this rank; an earlier epoch of the group on it is disposed.</param>
    /// <param name="membership">This rank, the other ranks and their addresses.</param>
    /// <param name="worldId">
    /// Returns the id of the world's communicator, which rank 0 creates and distributes. Called once the fence is connected. The token is
    /// cancelled when this rank or another one stops connecting.
    /// </param>
    /// <param name="options">NCCL, this rank's device, and the settings of the exchanges.</param>
    /// <param name="cancellation">Stops connecting, on the other ranks too.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    /// <exception cref="GrpcConnectException">Ranks are missing or refuse this one.</exception>
    /// <exception cref="ExchangeAbortedException">A rank was lost or stopped connecting in the meantime.</exception>
    /// <exception cref="TimeoutException">Ranks did not connect in time; the message names them.</exception>
    /// <exception cref="NcclException">NCCL or the device failed on this rank.</exception>
    public static RankGroups Connect(GrpcExchangeServer server, NcclMembership membership, Func<CancellationToken, byte[]> worldId,
        NcclGroupsOptions options, CancellationToken cancellation = default)
    {
        var (grid, rank) = (membership.Grid, membership.Rank);
        var fabric = server.ConnectAsync(
            new GrpcMembership
            {
                Identity = membership.Identity,
                Rank = rank,
                Addresses = membership.Addresses,
                Groups = [new RankSubset(Experts, grid.RanksOfReplica(rank)), new RankSubset(Replicas, grid.RanksWithSameExperts(rank))],
            },
            options.Exchange, cancellation).GetAwaiter().GetResult(); // (1)
        var fence = new GrpcNcclFence(fabric, group: null);
        using var fenced = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _ = fence.Raised.ContinueWith(_ => Cancel(fenced), TaskScheduler.Default);
        using var givenUp = cancellation.Register(
            () => fence.Raise(new NcclAbort(rank, rank, $"rank {rank} was stopped while the ranks connected")));
        var connecting = new Connecting(fabric, membership, options);
        try
        {
            return connecting.All(fence, Id(worldId, fabric, fence, fenced.Token));
        }
        catch (Exception error)
        {
            fence.Raise(new NcclAbort(rank, rank, error.Message));
            connecting.Leave();
            if (error is ExchangeAbortedException) cancellation.ThrowIfCancellationRequested();
            throw;
        }
    }

    // Waits for the id only while the groups are not fenced.
    private static byte[] Id(Func<CancellationToken, byte[]> worldId, GrpcFabric fabric, GrpcNcclFence fence, CancellationToken fenced)
    {
        try
        {
            return worldId(fenced);
        }
        catch (OperationCanceledException) when (fence.Raised.IsCompletedSuccessfully)
        {
            var abort = fence.Raised.Result;
            throw new ExchangeAbortedException(fabric.Rank, abort.CulpritRank, new PeerFailureException(abort.Reason));
        }
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The ranks have connected or stopped connecting in the meantime.
        }
    }

    private sealed class Connecting(GrpcFabric fabric, NcclMembership membership, NcclGroupsOptions options)
    {
        private readonly NcclOperationOrder _order = new();
        private readonly List<NcclExchange> _ends = [];

        public RankGroups All(INcclFence fence, byte[] worldId)
        {
            var (grid, rank) = (membership.Grid, membership.Rank);
            var world = End(fence, worldId, [.. Enumerable.Range(0, grid.World)]); // (2)
            var (experts, replicas) = (grid.RanksOfReplica(rank), grid.RanksWithSameExperts(rank));
            // (3)
            var ids = NcclGroupIds.Share(options.Library, world, membership.Identity.Epoch,
                isCreator: [experts[0] == rank, replicas[0] == rank]);
            return new RankGroups( // (4)
                world,
                End(new GrpcNcclFence(fabric, Experts), ids.Of(experts[0], 0), experts),
                End(new GrpcNcclFence(fabric, Replicas), ids.Of(replicas[0], 1), replicas));
        }

        public void Leave() => _ends.ForEach(end => end.Dispose());

        private NcclExchange End(INcclFence fence, ReadOnlySpan<byte> id, IReadOnlyList<int> ranks)
        {
            var groupRank = ranks.Index().First(each => each.Item == membership.Rank).Index;
            var end = NcclExchange.Connect(options.Library, id, groupRank, ranks.Count, fence, options.Exchange, options.NewDevice(),
                options.ConnectTimeout, _order, ranks);
            _ends.Add(end);
            return end;
        }
    }
}
