using Distributed.Protocol.Faults;
using Distributed.Simulation.Schedules.Network;

namespace Distributed.Simulation.Schedules;

/// <summary>What schedules are drawn of.</summary>
public sealed record ScheduleOptions
{
    /// <summary>Workers that the job asks for, from 1 to 64. Default: 4.</summary>
    public int Workers { get; init; } = 4;

    /// <summary>Steps of the job, from 1 to 10,000. Default: 60.</summary>
    public int Steps { get; init; } = 60;

    /// <summary>What befalls the job, in place of what the seed would draw; null for that. Workers are called <c>worker-0</c> and so on.</summary>
    public FaultPlan? Plan { get; init; }

    /// <summary>Virtual time after which a job that is not over waits for something without a bound. Default: 12 hours.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromHours(12);

    /// <summary>Makes the coordinators.</summary>
    public ICoordinatorFactory Coordinators { get; init; } = new JobCoordinatorFactory();

    /// <summary>Whether an exchange refuses what was sent in another epoch than its own; false plants that defect.</summary>
    public bool ExchangesCheckEpochs { get; init; } = true;

    /// <summary>Between the network and the coordinator; null for nothing. A place to plant a defect in.</summary>
    public IEventTap? Tap { get; init; }
}
