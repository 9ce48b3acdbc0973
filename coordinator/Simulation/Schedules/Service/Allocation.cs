using Distributed.Coordinator.Links;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules.Service;

/// <summary>A worker that the pool has handed to the job.</summary>
/// <param name="link">Its stream, as the job sees it.</param>
/// <param name="since">When.</param>
internal sealed class Allocation(IWorkerLink link, TimeSpan since)
{
    public IWorkerLink Link => link;

    public TimeSpan Since => since;

    /// <summary>Null until its hello was passed on.</summary>
    public LedgerWorker? Worker { get; set; }
}
