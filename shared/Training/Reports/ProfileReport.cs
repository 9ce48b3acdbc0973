using Distributed.Parallel.Profiling;

namespace Distributed.Training.Reports;

/// <summary>Time of the phases of the measured steps.</summary>
public sealed record ProfileReport
{
    /// <summary>The first measured step, from 1.</summary>
    public required long FirstStep { get; init; }

    /// <summary>The last measured step.</summary>
    public required long LastStep { get; init; }

    /// <summary>
    /// Steps of this run before <see cref="FirstStep"/>. They are not measured: code is compiled and memory is first touched.
    /// </summary>
    public required long SkippedSteps { get; init; }

    /// <summary>Wall time of a step from its batch to its commit, in seconds: the mean over steps and ranks.</summary>
    public required double StepSeconds { get; init; }

    /// <summary>Mean times per step over steps and ranks; their seconds sum to <see cref="StepSeconds"/>.</summary>
    public required IReadOnlyList<PhaseTime> Phases { get; init; }

    /// <summary>Path of the trace file, in Chrome's Trace Event Format.</summary>
    public required string Trace { get; init; }

    /// <summary>Number of steps in the trace, starting with <see cref="FirstStep"/>.</summary>
    public required long TraceSteps { get; init; }

    /// <summary>Why the trace file could not be written; null if it was written.</summary>
    public string? TraceProblem { get; init; }
}
