using System.Collections.Concurrent;
using Distributed.Protocol.Identities;
using Distributed.Transports;
using Distributed.Transports.InMemory;
using Distributed.Worker.Roles;

namespace Distributed.Simulation;

/// <summary>The exchanges of groups whose ranks are threads of this process: a new epoch is a new one.</summary>
public sealed class InProcessGroups(ExchangeOptions options)
{
    private readonly ConcurrentDictionary<GroupEpoch, InMemoryFabric> _fabrics = [];

    /// <summary>A rank's end of its group's exchange.</summary>
    public IExchange Join(RoleAssignment assignment) =>
        _fabrics.GetOrAdd(assignment.Epoch, _ => new InMemoryFabric(assignment.World, options)).Endpoint(assignment.Rank);
}
