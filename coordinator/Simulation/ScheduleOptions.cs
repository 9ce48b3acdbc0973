using Distributed.Protocol.Faults;
using Distributed.Simulation.Network;

namespace Distributed.Simulation;

/// <summary>Limits of the scenarios that seeds draw.</summary>
public sealed record ScheduleOptions
{
    /// <summary>Workers that the job requests, from 1 to 64. Default: 4.</summary>
    public int Workers { get; init; } = 4;

    /// <summary>Steps of the job, from 1 to 10,000. Default: 60.</summary>
    public int Steps { get; init; } = 60;

    /// <summary>
    /// Faults of the job, in place of those that the seed draws; null for none. Workers have the names <c>worker-0</c>,
    /// <c>worker-1</c>, ...
    /// </summary>
    public FaultPlan? Plan { get; init; }

    /// <summary>Virtual time after which a job that has not ended counts as one that waits without a bound. Default: 12 hours.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromHours(12);

    /// <summary>Creates the coordinators.</summary>
    public ICoordinatorFactory Coordinators { get; init; } = new JobCoordinatorFactory();

    /// <summary>Whether an exchange refuses frames of another epoch; false plants a defect.</summary>
    public bool ExchangesCheckEpochs { get; init; } = true;

    /// <summary>Observes the events between the network and the coordinator; null for none. Tests plant defects with it.</summary>
    public IEventTap? Tap { get; init; }
}
