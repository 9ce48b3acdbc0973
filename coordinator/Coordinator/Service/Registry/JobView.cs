using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>A job as it is shown.</summary>
/// <param name="Kept">What is kept of it.</param>
/// <param name="Held">Workers that it has now.</param>
public sealed record JobView(StoredJob Kept, int Held)
{
    /// <summary>Keys of the job that have no effect here; known in the answer to its submission only, later in its log.</summary>
    public IReadOnlyList<JobRemark> Warnings { get; init; } = [];

    /// <summary>Its id.</summary>
    public string Id => Kept.Id;

    /// <summary>Where it is.</summary>
    public JobState State => Kept.State;

    /// <summary>Whether it has ended.</summary>
    public bool IsOver => Kept.State.IsTerminal();
}
