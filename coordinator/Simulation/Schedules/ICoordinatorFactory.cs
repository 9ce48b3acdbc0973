using Distributed.Coordinator.Jobs;
using Distributed.Planning.Placement;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Simulation.Schedules;

/// <summary>
/// Makes the coordinators of a schedule: one, and where it restarts another, whose job carries the record that the one before has kept.
/// </summary>
public interface ICoordinatorFactory
{
    /// <summary>A coordinator that has not begun; it is driven by hand.</summary>
    JobCoordinator Create(JobSpecification job, IJobObserver observer, CoordinatorOptions options, TimeProvider time, IJobRecords records, ICheckpointFolders checkpoints);
}

/// <summary>The coordinator as it runs on a cluster.</summary>
public sealed class JobCoordinatorFactory : ICoordinatorFactory
{
    /// <inheritdoc/>
    public JobCoordinator Create(JobSpecification job, IJobObserver observer, CoordinatorOptions options, TimeProvider time, IJobRecords records, ICheckpointFolders checkpoints) =>
        new(job, new ContiguousPlacement(), observer, options, time, NullLogger<JobCoordinator>.Instance, records, checkpoints);
}
