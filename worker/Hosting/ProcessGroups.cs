using Distributed.Protocol;
using Distributed.Transports;
using Distributed.Transports.Grpc;
using Distributed.Transports.Nccl;
using Distributed.Transports.SameHost;
using Distributed.Worker.Roles;

namespace Distributed.Worker.Hosting;

/// <summary>The exchanges of a worker that is a process of its own: as its plan says.</summary>
/// <param name="node">Serves the exchange over gRPC; not disposed here.</param>
/// <param name="options">Settings of every exchange.</param>
/// <param name="nccl">What this worker has for NCCL; null for nothing.</param>
public sealed class ProcessGroups(GrpcNode node, ExchangeOptions options, NcclMachine? nccl = null)
{
    /// <summary>For rank 0's id, once all ranks have met: the coordinator may be away for a while.</summary>
    private static readonly TimeSpan IdTakes = TimeSpan.FromMinutes(1);

    /// <summary>This rank's ends of its groups; returns when all ranks have come.</summary>
    /// <exception cref="InvalidOperationException">The plan says of no way that this worker knows.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before.</exception>
    public RankGroups Join(RoleAssignment assignment, CancellationToken stop) => assignment.Exchange?.WayCase switch
    {
        Exchange.WayOneofCase.SameHost => SameHostGroups.Connect(
            assignment.Epoch, assignment.Rank, assignment.Job.Parallel.Grid, new SameHostOptions { Directory = assignment.Exchange.SameHost.Rendezvous, Exchange = options }, stop),
        Exchange.WayOneofCase.Grpc => GrpcGroups.ConnectAsync(
            node, assignment.Epoch, assignment.Job.Parallel.Grid, assignment.Rank, [.. assignment.Exchange.Grpc.Addresses.Select(address => new Uri(address))], options, stop).GetAwaiter().GetResult(),
        Exchange.WayOneofCase.Nccl => JoinNccl(assignment, assignment.Exchange.Nccl, stop),
        _ => throw new InvalidOperationException($"{assignment.Epoch}: the plan names no way to exchange that this worker knows; its workers have none in common, or this one is older than its coordinator."),
    };

    private RankGroups JoinNccl(RoleAssignment assignment, Protocol.NcclExchange plan, CancellationToken stop)
    {
        if (nccl?.Library is not { } library || assignment.NcclIds is not { } ids)
            throw new InvalidOperationException($"{assignment.Epoch}: the plan is to exchange over NCCL, and this worker cannot: {nccl?.Offer.Problem}");
        var membership = new NcclMembership(assignment.Epoch, assignment.Job.Parallel.Grid, assignment.Rank, [.. plan.Addresses.Select(address => new Uri(address))]);
        return NcclGroups.Connect(
            node, membership, assignment.Rank == 0 ? _ => Make(library, ids) : over => ids.Await(IdTakes, options.TimeProvider, over),
            new NcclGroupsOptions { Library = library, NewDevice = () => new CudaDevice(plan.Devices[assignment.Rank], nccl.Files.CudaRuntime), Exchange = options }, stop);
    }

    private static byte[] Make(NcclLibrary library, NcclIdRelay ids)
    {
        var id = library.CreateUniqueId();
        ids.Tell(id);
        return id;
    }
}
