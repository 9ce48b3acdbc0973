using Distributed.Coordinator.Jobs;
using Distributed.Planning.Placement;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Simulation.Schedules;

/// <summary>
/// Makes the coordinator of a schedule. A schedule in which the coordinator restarts asks for another one, with what its
/// predecessor has stored.
/// </summary>
public interface ICoordinatorFactory
{
    /// <summary>A coordinator that has not begun; it is driven by hand.</summary>
    JobCoordinator Create(JobSpecification job, IJobObserver observer, CoordinatorOptions options, TimeProvider time);
}

/// <summary>The coordinator as it runs on a cluster.</summary>
public sealed class JobCoordinatorFactory : ICoordinatorFactory
{
    /// <inheritdoc/>
    public JobCoordinator Create(JobSpecification job, IJobObserver observer, CoordinatorOptions options, TimeProvider time) =>
        new(job, new ContiguousPlacement(), observer, options, time, NullLogger<JobCoordinator>.Instance);
}
