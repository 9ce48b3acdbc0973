using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Schedules.Clock;
using Distributed.Simulation.Schedules.Faults;
using Distributed.Simulation.Schedules.Ledger;

namespace Distributed.Simulation.Schedules;

/// <summary>All that a seed decides before anything happens: the job, how fast its workers are, what befalls them.</summary>
internal sealed record Scenario
{
    public required JobSpecification Job { get; init; }

    /// <summary>What the job begins with.</summary>
    public required CommittedStep Root { get; init; }

    public required TimeSpan Step { get; init; }

    /// <summary>Steps from one checkpoint to the next; 0 for none on the way.</summary>
    public required int SaveEvery { get; init; }

    /// <summary>How many of the newest checkpoints are kept.</summary>
    public required int Keep { get; init; }

    /// <summary>A step whose loss is not finite, however often it is tried; 0 for none.</summary>
    public required int NeverFinite { get; init; }

    /// <summary>Events that arrive a second time, later.</summary>
    public required int CopiesInAThousand { get; init; }

    /// <summary>Of a worker that has ended, to be started anew.</summary>
    public required int RestartsInAThousand { get; init; }

    /// <summary>Longest time until it is.</summary>
    public required TimeSpan Restart { get; init; }

    /// <summary>Whether whoever starts workers tells of their ends, and kills those that are a part of the job no more.</summary>
    public required bool IsKeeper { get; init; }

    /// <summary>Whether the coordinator serves: the pool lends the job its workers.</summary>
    public required bool IsServed { get; init; }

    public required IReadOnlyList<Fault> Faults { get; init; }

    /// <summary>Of making ready for a plan.</summary>
    public TimeSpan PrepareTime(SeededRandom draw) => draw.Chance(20) ? draw.Time(TimeSpan.Zero, TimeSpan.FromSeconds(25)) : draw.Spread(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));

    /// <summary>Of a rank's share of one step.</summary>
    public TimeSpan StepTime(SeededRandom draw) => draw.Chance(10) ? Step * draw.Between(2, 30) : draw.Time(Step, Step * 1.5);

    /// <summary>Of what a rank sends to the others; it may arrive long after its sender has gone.</summary>
    public TimeSpan FrameTime(SeededRandom draw) => draw.Chance(5) ? draw.Time(TimeSpan.Zero, TimeSpan.FromSeconds(10)) : draw.Spread(TimeSpan.FromMicroseconds(20), TimeSpan.FromMilliseconds(2));

    /// <summary>Of a rank's share of a checkpoint.</summary>
    public TimeSpan SaveTime(SeededRandom draw) => draw.Spread(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(4));

    /// <summary>From being told to leave to having left; sometimes longer than the coordinator waits.</summary>
    public TimeSpan FenceTime(SeededRandom draw) => draw.Chance(15) ? draw.Time(TimeSpan.Zero, TimeSpan.FromSeconds(20)) : draw.Spread(TimeSpan.FromMicroseconds(100), TimeSpan.FromSeconds(1));
}
