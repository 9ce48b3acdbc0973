using Distributed.Protocol;

namespace Distributed.Simulation.Network;

/// <summary>Observes every event on its way to the coordinator and may replace it. Tests plant defects with it.</summary>
public interface IEventTap
{
    /// <summary>Returns the event that the coordinator receives.</summary>
    /// <param name="sent">The event as sent; must not be modified, because it may arrive again.</param>
    /// <param name="newestEpoch">The last epoch that was planned.</param>
    WorkerEvent Pass(WorkerEvent sent, long newestEpoch) => sent;

    /// <summary>Returns the hello that a job of a serving coordinator receives when the pool allocates a worker to it.</summary>
    /// <param name="hello">The hello of the pool; must not be modified.</param>
    /// <param name="joined">The hello that the pool received when the worker joined; must not be modified.</param>
    WorkerEvent OnAllocated(WorkerEvent hello, WorkerEvent joined) => hello;
}
