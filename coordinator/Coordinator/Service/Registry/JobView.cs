using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>A snapshot of a job.</summary>
/// <param name="Stored">The stored job.</param>
/// <param name="WorkersHeld">Number of workers that the job holds.</param>
public sealed record JobView(StoredJob Stored, int WorkersHeld)
{
    /// <summary>
    /// Keys of the job that have no effect. Set only in the answer to a submission; afterwards they are in the job's log.
    /// </summary>
    public IReadOnlyList<SubmissionWarning> Warnings { get; init; } = [];

    /// <summary>Identity of the job.</summary>
    public string Id => Stored.Id;

    /// <summary>State of the job.</summary>
    public JobState State => Stored.State;

    /// <summary>Whether the job has ended.</summary>
    public bool HasEnded => Stored.State.IsTerminal();
}
