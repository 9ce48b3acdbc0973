using System.Collections.Concurrent;
using Distributed.Protocol.Identities;
using Distributed.Transports;
using Distributed.Transports.InMemory;
using Distributed.Worker.Roles;

namespace Distributed.Simulation;

/// <summary>The exchanges of groups whose ranks are threads of this process: a new epoch is a new one.</summary>
/// <param name="options">Settings of every exchange.</param>
/// <param name="link">How long bytes take between two workers; null for no longer than it takes to copy them.</param>
public sealed class InProcessGroups(ExchangeOptions options, SimulatedLink? link = null)
{
    private readonly ConcurrentDictionary<GroupEpoch, InMemoryFabric> _fabrics = [];

    /// <summary>A rank's end of its group's exchange.</summary>
    public IExchange Join(RoleAssignment assignment) =>
        _fabrics.GetOrAdd(assignment.Epoch, _ => new InMemoryFabric(assignment.World, options, link)).Endpoint(assignment.Rank);
}
