using Distributed.Coordinator.Links;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Service;

/// <summary>A worker that the pool has allocated to the job.</summary>
/// <param name="link">The worker's stream, as the job sees it.</param>
/// <param name="since">Virtual time of the allocation.</param>
internal sealed class Allocation(IWorkerLink link, TimeSpan since)
{
    public IWorkerLink Link => link;

    public TimeSpan Since => since;

    /// <summary>The worker; null until its hello has reached the job.</summary>
    public LedgerWorker? Worker { get; set; }
}
