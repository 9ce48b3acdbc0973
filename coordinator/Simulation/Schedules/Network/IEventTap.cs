using Distributed.Protocol;

namespace Distributed.Simulation.Schedules.Network;

/// <summary>Sees every event on its way to the coordinator, and may change it: a place to plant a defect in.</summary>
public interface IEventTap
{
    /// <summary>What the coordinator is to hear.</summary>
    /// <param name="said">What the worker said; not to be changed, for it may arrive again.</param>
    /// <param name="newestEpoch">The last epoch that was planned.</param>
    WorkerEvent Pass(WorkerEvent said, long newestEpoch) => said;

    /// <summary>The hello that a job of a coordinator that serves receives of a worker that it is given.</summary>
    /// <param name="hello">As the pool has it; not to be changed.</param>
    /// <param name="joined">As the worker said it to the pool; not to be changed.</param>
    WorkerEvent Lend(WorkerEvent hello, WorkerEvent joined) => hello;
}
