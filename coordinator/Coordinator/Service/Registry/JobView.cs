using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>A snapshot of a job.</summary>
/// <param name="Kept">The stored job.</param>
/// <param name="Held">Number of workers that the job holds.</param>
public sealed record JobView(StoredJob Kept, int Held)
{
    /// <summary>
    /// Keys of the job that have no effect. Set only in the answer to a submission; afterwards they are in the job's log.
    /// </summary>
    public IReadOnlyList<JobRemark> Warnings { get; init; } = [];

    /// <summary>Identity of the job.</summary>
    public string Id => Kept.Id;

    /// <summary>State of the job.</summary>
    public JobState State => Kept.State;

    /// <summary>Whether the job has ended.</summary>
    public bool IsOver => Kept.State.IsTerminal();
}
