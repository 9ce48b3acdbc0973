using Distributed.Coordinator.Jobs;
using Distributed.Planning.Placement;
using Distributed.Protocol.Identities;
using Distributed.Training.Jobs;
using Microsoft.Extensions.Logging;

namespace Distributed.LocalClusters;

/// <summary>Creates the coordinators of local clusters. They store no record, because a run ends with its coordinator.</summary>
internal static class LocalCoordinator
{
    /// <summary>Describes one run of a job. The cluster sets how the run recovers.</summary>
    /// <param name="id">Identity of the run.</param>
    /// <param name="job">The job, with all settings resolved.</param>
    /// <param name="start">The checkpoint to resume from; null starts from new weights.</param>
    /// <param name="options">Settings.</param>
    public static JobSpecification Specify(JobId id, TrainingJob job, ResumePoint? start, LocalClusterOptions options) =>
        new(id, job.Describe(), start) { Exchange = options.Exchange, ProfileSteps = options.ProfileSteps, Faults = options.Faults };

    /// <summary>Creates the coordinator of a run.</summary>
    /// <param name="job">The run.</param>
    /// <param name="observer">Receives the job's notices.</param>
    /// <param name="options">Settings.</param>
    public static JobCoordinator Create(JobSpecification job, IJobObserver observer, LocalClusterOptions options) =>
        new(job, new ContiguousPlacement(), observer, options.Coordinator, options.Time,
            options.Logging.CreateLogger<JobCoordinator>(), checkpoints: options.Checkpoints);
}
