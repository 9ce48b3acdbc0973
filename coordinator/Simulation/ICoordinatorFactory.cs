using Distributed.Coordinator.Jobs;
using Distributed.Planning.Placement;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Simulation;

/// <summary>
/// Creates the coordinators of a schedule: one, and another one after each restart, whose job carries the record of the one before.
/// </summary>
public interface ICoordinatorFactory
{
    /// <summary>Creates a coordinator that has not begun and is driven by its caller.</summary>
    JobCoordinator Create(
        JobSpecification job, IJobObserver observer, CoordinatorOptions options, TimeProvider time, IJobRecords records,
        ICheckpointFolders checkpoints);
}

/// <summary>The coordinator as it runs on a cluster.</summary>
public sealed class JobCoordinatorFactory : ICoordinatorFactory
{
    /// <inheritdoc/>
    public JobCoordinator Create(JobSpecification job, IJobObserver observer, CoordinatorOptions options, TimeProvider time,
        IJobRecords records, ICheckpointFolders checkpoints) =>
        new(job, new ContiguousPlacement(), observer, options, time, NullLogger<JobCoordinator>.Instance, records, checkpoints);
}
