using Distributed.Planning;
using Distributed.Protocol.Identities;
using Distributed.Transports.Grpc;

namespace Distributed.Transports.Nccl;

/// <summary>
/// The groups of a rank whose world is expert parallelism times replicas, over NCCL: (1) all ranks connect over gRPC, which is their fence from
/// then on, (2) the world's communicator, by an id that one rank has made and the others are told, (3) over it, the ids of the other two
/// groups, each made by the first of its ranks, (4) their communicators. Nothing but the fence goes over gRPC.
/// </summary>
public static class NcclGroups
{
    private const string Experts = "experts", Replicas = "replicas";

    /// <summary>Connects a rank with all others.</summary>
    /// <param name="node">The rank's; an earlier epoch of the group on it ends.</param>
    /// <param name="membership">Whom with.</param>
    /// <param name="worldId">
    /// The id of the world's communicator: made on rank 0, told to the others. Called once the fence stands; the token is cancelled when this
    /// rank gives up or another one has.
    /// </param>
    /// <param name="options">NCCL, this rank's device, and the exchange's settings.</param>
    /// <param name="cancellation">Gives up; the other ranks leave too.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="GrpcConnectException">Ranks are missing, or have refused this one.</exception>
    /// <exception cref="ExchangeAbortedException">A rank was lost or gave up meanwhile.</exception>
    /// <exception cref="TimeoutException">Ranks did not connect in time; it names them.</exception>
    /// <exception cref="NcclException">NCCL or the device failed on this rank.</exception>
    public static RankGroups Connect(GrpcNode node, NcclMembership membership, Func<CancellationToken, byte[]> worldId, NcclGroupsOptions options, CancellationToken cancellation = default)
    {
        var (grid, rank) = (membership.Grid, membership.Rank);
        var fabric = node.ConnectAsync(
            new GrpcMembership
            {
                Identity = membership.Identity,
                Rank = rank,
                Addresses = membership.Addresses,
                Groups = [new RankSubset(Experts, grid.RanksOfReplica(rank)), new RankSubset(Replicas, grid.RanksOfPlace(rank))],
            },
            options.Exchange, cancellation).GetAwaiter().GetResult(); // (1)
        var fence = new GrpcNcclFence(fabric, group: null);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _ = fence.Raised.ContinueWith(_ => Cancel(over), TaskScheduler.Default);
        using var givenUp = cancellation.Register(() => fence.Raise(new NcclAbort(rank, rank, $"rank {rank} was told to stop while the ranks connected")));
        var connecting = new Connecting(fabric, membership, options);
        try
        {
            return connecting.All(fence, Id(worldId, fabric, fence, over.Token));
        }
        catch (Exception error)
        {
            fence.Raise(new NcclAbort(rank, rank, error.Message));
            connecting.Leave();
            if (error is ExchangeAbortedException) cancellation.ThrowIfCancellationRequested();
            throw;
        }
    }

    // The id is not waited for any longer than there is somebody to use it with.
    private static byte[] Id(Func<CancellationToken, byte[]> worldId, GrpcFabric fabric, GrpcNcclFence fence, CancellationToken over)
    {
        try
        {
            return worldId(over);
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
            // connected, or given up, since
        }
    }

    private sealed class Connecting(GrpcFabric fabric, NcclMembership membership, NcclGroupsOptions options)
    {
        private readonly NcclTurns _turns = new();
        private readonly List<NcclExchange> _ends = [];

        public RankGroups All(INcclFence fence, byte[] worldId)
        {
            var (grid, rank) = (membership.Grid, membership.Rank);
            var world = End(fence, worldId, [.. Enumerable.Range(0, grid.World)]); // (2)
            var (experts, replicas) = (grid.RanksOfReplica(rank), grid.RanksOfPlace(rank));
            var ids = NcclGroupIds.Share(options.Library, world, membership.Identity.Epoch, makes: [experts[0] == rank, replicas[0] == rank]); // (3)
            return new RankGroups( // (4)
                world,
                End(new GrpcNcclFence(fabric, Experts), ids.Of(experts[0], 0), experts),
                End(new GrpcNcclFence(fabric, Replicas), ids.Of(replicas[0], 1), replicas));
        }

        public void Leave() => _ends.ForEach(end => end.Dispose());

        private NcclExchange End(INcclFence fence, ReadOnlySpan<byte> id, IReadOnlyList<int> ranks)
        {
            var place = ranks.Index().First(each => each.Item == membership.Rank).Index;
            var end = NcclExchange.Connect(options.Library, id, place, ranks.Count, fence, options.Exchange, options.NewDevice(), options.ConnectTimeout, _turns, ranks);
            _ends.Add(end);
            return end;
        }
    }
}
