using Distributed.Protocol;
using Distributed.Transports;
using Distributed.Transports.Grpc;
using Distributed.Transports.SameHost;
using Distributed.Worker.Roles;

namespace Distributed.Worker.Hosting;

/// <summary>The exchanges of a worker that is a process of its own: as its plan says.</summary>
/// <param name="node">Serves the exchange over gRPC; not disposed here.</param>
/// <param name="options">Settings of every exchange.</param>
public sealed class ProcessGroups(GrpcNode node, ExchangeOptions options)
{
    /// <summary>This rank's ends of its groups; returns when all ranks have come.</summary>
    /// <exception cref="InvalidOperationException">The plan says of no way that this worker knows.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before.</exception>
    public RankGroups Join(RoleAssignment assignment, CancellationToken stop) => assignment.Exchange?.WayCase switch
    {
        Exchange.WayOneofCase.SameHost => SameHostGroups.Connect(
            assignment.Epoch, assignment.Rank, assignment.Job.Parallel.Grid, new SameHostOptions { Directory = assignment.Exchange.SameHost.Meeting, Exchange = options }, stop),
        Exchange.WayOneofCase.Grpc => GrpcGroups.ConnectAsync(
            node, assignment.Epoch, assignment.Job.Parallel.Grid, assignment.Rank, [.. assignment.Exchange.Grpc.Addresses.Select(address => new Uri(address))], options, stop).GetAwaiter().GetResult(),
        _ => throw new InvalidOperationException($"{assignment.Epoch}: the plan names no way to exchange that this worker knows; its workers have none in common, or this one is older than its coordinator."),
    };
}
