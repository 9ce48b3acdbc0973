using Distributed.Protocol;

namespace Distributed.Simulation.Schedules.Network;

/// <summary>Sees every event on its way to the coordinator, and may change it: a place to plant a defect in.</summary>
public interface IEventTap
{
    /// <summary>What the coordinator is to hear.</summary>
    /// <param name="said">What the worker said; not to be changed, for it may arrive again.</param>
    /// <param name="newestEpoch">The last epoch that was planned.</param>
    WorkerEvent Pass(WorkerEvent said, long newestEpoch);
}
