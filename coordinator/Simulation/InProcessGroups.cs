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
    private readonly ConcurrentDictionary<GroupEpoch, Lazy<RankGroups[]>> _groups = [];

    /// <summary>A rank's ends of its groups.</summary>
    public RankGroups Join(RoleAssignment assignment, CancellationToken stop) =>
        _groups.GetOrAdd(assignment.Epoch, _ => new Lazy<RankGroups[]>(() => InMemoryGroups.Create(assignment.Job.Parallel.Grid, options, link))).Value[assignment.Rank];
}
