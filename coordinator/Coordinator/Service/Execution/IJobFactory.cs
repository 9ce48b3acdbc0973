using Distributed.Coordinator.Jobs;

namespace Distributed.Coordinator.Service.Execution;

/// <summary>Creates the state machine of a job.</summary>
public interface IJobFactory
{
    /// <summary>Creates a job that has not started yet.</summary>
    /// <param name="job">The job, and the state of its previous run. The factory adds the settings of the coordinator.</param>
    /// <param name="observer">Receives the job's notices.</param>
    IRunningJob Create(JobSpecification job, IJobObserver observer);
}
