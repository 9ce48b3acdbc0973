using Distributed.Coordinator.Jobs;

namespace Distributed.Simulation.Schedules;

/// <summary>How one schedule went.</summary>
/// <param name="Seed">Which one.</param>
/// <param name="Outcome">Of its job; null where something went wrong before.</param>
/// <param name="Violation">What does not hold; null where everything does.</param>
/// <param name="Log">A line for each thing that happened, where that was asked for or something went wrong.</param>
public sealed record ScheduleResult(ulong Seed, JobOutcome? Outcome, Violation? Violation, IReadOnlyList<string> Log)
{
    /// <summary>Events of the virtual clock.</summary>
    public long Events { get; init; }

    /// <summary>Epochs that were planned.</summary>
    public long Epochs { get; init; }

    /// <summary>Faults that were drawn; of a plan, those that happened.</summary>
    public int Faults { get; init; }

    /// <summary>Virtual time of the end.</summary>
    public TimeSpan Time { get; init; }
}

/// <summary>Something does not hold.</summary>
/// <param name="Invariant">What must.</param>
/// <param name="Found">What was found instead.</param>
public sealed record Violation(string Invariant, string Found);
