using System.Collections.Concurrent;
using Distributed.Protocol.Identities;
using Distributed.Transports;
using Distributed.Transports.InMemory;
using Distributed.Worker.Roles;

namespace Distributed.LocalClusters.Threads;

/// <summary>The exchanges of groups whose ranks are threads of this process; each epoch has its own.</summary>
/// <param name="options">Settings of every exchange.</param>
/// <param name="link">Simulated transfer time between two workers; null for none beyond the copy.</param>
public sealed class InProcessGroups(ExchangeOptions options, SimulatedLink? link = null)
{
    private readonly ConcurrentDictionary<GroupEpoch, Lazy<RankGroups[]>> _groups = [];

    /// <summary>Returns a rank's ends of its groups.</summary>
    public RankGroups Join(RoleAssignment assignment, CancellationToken stop) =>
        _groups.GetOrAdd(assignment.Epoch,
            _ => new Lazy<RankGroups[]>(() => InMemoryGroups.Create(assignment.Job.Parallel.Grid, options, link))).Value[assignment.Rank];
}
