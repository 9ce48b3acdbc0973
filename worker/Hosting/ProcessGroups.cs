using Distributed.Protocol;
using Distributed.Transports;
using Distributed.Transports.Grpc;
using Distributed.Transports.Nccl;
using Distributed.Transports.SameHost;
using Distributed.Worker.Roles;

namespace Distributed.Worker.Hosting;

/// <summary>Connects the exchanges of a worker process, as its plan specifies.</summary>
/// <param name="server">Serves the exchange over gRPC; not disposed here.</param>
/// <param name="options">Settings of every exchange.</param>
/// <param name="nccl">This worker's NCCL; null for none.</param>
public sealed class ProcessGroups(GrpcExchangeServer server, ExchangeOptions options, NcclMachine? nccl = null)
{
    /// <summary>Timeout for rank 0's id after the rendezvous: the coordinator may be unreachable.</summary>
    private static readonly TimeSpan IdTimeout = TimeSpan.FromMinutes(1);

    /// <summary>Connects this rank to its groups; returns when all ranks have joined.</summary>
    /// <exception cref="InvalidOperationException">The plan names no transport that this worker supports.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public RankGroups Join(RoleAssignment assignment, CancellationToken stop) => assignment.Exchange?.WayCase switch
    {
        Exchange.WayOneofCase.SameHost => SameHostGroups.Connect(
            assignment.Epoch, assignment.Rank, assignment.Job.Parallel.Grid,
            new SameHostOptions { Directory = assignment.Exchange.SameHost.Rendezvous, Exchange = options }, stop),
        Exchange.WayOneofCase.Grpc => GrpcGroups.ConnectAsync(
            server, assignment.Epoch, assignment.Job.Parallel.Grid, assignment.Rank,
            [.. assignment.Exchange.Grpc.Addresses.Select(address => new Uri(address))], options, stop).GetAwaiter().GetResult(),
        Exchange.WayOneofCase.Nccl => JoinNccl(assignment, assignment.Exchange.Nccl, stop),
        _ => throw new InvalidOperationException(
            $"{assignment.Epoch}: cannot join the exchange: the plan names no transport that this worker supports. "
            + "The workers have none in common, or this worker is older than its coordinator. Run the same release on all of them."),
    };

    private RankGroups JoinNccl(RoleAssignment assignment, Protocol.NcclExchange plan, CancellationToken stop)
    {
        if (nccl?.Library is not { } library || assignment.NcclIds is not { } ids)
            throw new InvalidOperationException($"{assignment.Epoch}: cannot join the exchange over NCCL: {nccl?.Offer.Problem}");
        var membership = new NcclMembership(
            assignment.Epoch, assignment.Job.Parallel.Grid, assignment.Rank, [.. plan.Addresses.Select(address => new Uri(address))]);
        return NcclGroups.Connect(
            server, membership,
            assignment.Rank == 0 ? _ => CreateId(library, ids) : fenced => ids.Await(IdTimeout, options.TimeProvider, fenced),
            new NcclGroupsOptions
            {
                Library = library, NewDevice = () => new CudaDevice(plan.Devices[assignment.Rank], nccl.Files.CudaRuntime),
                Exchange = options,
            },
            stop);
    }

    private static byte[] CreateId(NcclLibrary library, NcclIdRelay ids)
    {
        var id = library.CreateUniqueId();
        ids.Publish(id);
        return id;
    }
}
