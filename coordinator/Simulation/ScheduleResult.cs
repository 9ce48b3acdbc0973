using Distributed.Coordinator.Jobs;

namespace Distributed.Simulation;

/// <summary>The result of one schedule.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Outcome">The job's outcome; null if an invariant was violated before.</param>
/// <param name="Violation">The violated invariant; null if there is none.</param>
/// <param name="Log">One line per event, if the log was requested or an invariant was violated; otherwise empty.</param>
public sealed record ScheduleResult(ulong Seed, JobOutcome? Outcome, Violation? Violation, IReadOnlyList<string> Log)
{
    /// <summary>Events of the virtual clock.</summary>
    public long Events { get; init; }

    /// <summary>Epochs that were planned.</summary>
    public long Epochs { get; init; }

    /// <summary>Faults that were drawn; of a plan, those that were injected.</summary>
    public int Faults { get; init; }

    /// <summary>Virtual time of the end.</summary>
    public TimeSpan Time { get; init; }
}

/// <summary>A violated invariant.</summary>
/// <param name="Invariant">The condition that must hold.</param>
/// <param name="Found">What was found instead.</param>
public sealed record Violation(string Invariant, string Found);
