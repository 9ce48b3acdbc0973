using Distributed.Parallel.Profiling;

namespace Distributed.Training.Reports;

/// <summary>Where the time of some steps went.</summary>
public sealed record ProfileReport
{
    /// <summary>The first step measured, from 1.</summary>
    public required long FirstStep { get; init; }

    /// <summary>The last one.</summary>
    public required long LastStep { get; init; }

    /// <summary>Steps of this run before <see cref="FirstStep"/>, left out because code is compiled and memory first touched in them.</summary>
    public required long StepsLeftOut { get; init; }

    /// <summary>Wall time of a step from its batch to its commit, in seconds: the mean over steps and ranks.</summary>
    public required double StepSeconds { get; init; }

    /// <summary>Means over steps and ranks per step; their seconds sum to <see cref="StepSeconds"/>.</summary>
    public required IReadOnlyList<PhaseTime> Phases { get; init; }

    /// <summary>File in Chrome's Trace Event Format.</summary>
    public required string Trace { get; init; }

    /// <summary>The steps, from <see cref="FirstStep"/>, that it shows.</summary>
    public required long TraceSteps { get; init; }

    /// <summary>Why the file could not be written; null where it is there.</summary>
    public string? TraceProblem { get; init; }
}
