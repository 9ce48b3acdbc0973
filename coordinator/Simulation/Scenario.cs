using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Clock;
using Distributed.Simulation.Faults;
using Distributed.Simulation.Ledger;

namespace Distributed.Simulation;

/// <summary>Everything that a seed determines before a schedule runs: the job, the speed of its workers, and its faults.</summary>
internal sealed record Scenario
{
    public required JobSpecification Job { get; init; }

    /// <summary>The state that the job begins with.</summary>
    public required CommittedStep Root { get; init; }

    public required TimeSpan Step { get; init; }

    /// <summary>Steps between two checkpoints; 0 for none before the end.</summary>
    public required int SaveEvery { get; init; }

    /// <summary>The number of newest checkpoints that are kept.</summary>
    public required int Keep { get; init; }

    /// <summary>A step whose loss is not finite in every attempt; 0 for none.</summary>
    public required int NonFiniteStep { get; init; }

    /// <summary>Probability, in thousandths, that an event arrives a second time, later.</summary>
    public required int DuplicatesPerThousand { get; init; }

    /// <summary>Probability, in thousandths, that a worker that has ended is restarted.</summary>
    public required int RestartsPerThousand { get; init; }

    /// <summary>Longest time until that restart.</summary>
    public required TimeSpan Restart { get; init; }

    /// <summary>
    /// Whether a supervisor starts the workers, reports their exits, and kills workers that are no longer part of the job.
    /// </summary>
    public required bool IsSupervised { get; init; }

    /// <summary>Whether the coordinator serves several jobs: the pool allocates the job's workers.</summary>
    public required bool IsServed { get; init; }

    public required IReadOnlyList<ScheduledFault> Faults { get; init; }

    /// <summary>Draws the time that a rank takes to prepare for a plan.</summary>
    public TimeSpan PrepareTime(SeededRandom random) => random.NextChance(20)
        ? random.NextDuration(TimeSpan.Zero, TimeSpan.FromSeconds(25))
        : random.NextLogUniform(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));

    /// <summary>Draws the time of a rank's share of one step.</summary>
    public TimeSpan StepTime(SeededRandom random) =>
        random.NextChance(10) ? Step * random.NextInRange(2, 30) : random.NextDuration(Step, Step * 1.5);

    /// <summary>Draws the delay of a frame between ranks; a frame may arrive long after its sender was lost.</summary>
    public TimeSpan FrameTime(SeededRandom random) => random.NextChance(5)
        ? random.NextDuration(TimeSpan.Zero, TimeSpan.FromSeconds(10))
        : random.NextLogUniform(TimeSpan.FromMicroseconds(20), TimeSpan.FromMilliseconds(2));

    /// <summary>Draws the time of a rank's share of a checkpoint.</summary>
    public TimeSpan SaveTime(SeededRandom random) => random.NextLogUniform(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(4));

    /// <summary>Draws the time from a stop order to the rank's end; sometimes longer than the coordinator waits.</summary>
    public TimeSpan FenceTime(SeededRandom random) => random.NextChance(15)
        ? random.NextDuration(TimeSpan.Zero, TimeSpan.FromSeconds(20))
        : random.NextLogUniform(TimeSpan.FromMicroseconds(100), TimeSpan.FromSeconds(1));
}
