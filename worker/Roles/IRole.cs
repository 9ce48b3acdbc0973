using Distributed.Training.Jobs;
using Distributed.Training.Reports;

namespace Distributed.Worker.Roles;

/// <summary>The work of a worker in a group, such as training.</summary>
public interface IRole
{
    /// <summary>
    /// Runs the worker's part of the plan on the calling thread, which belongs to the role.
    /// <list type="number">
    /// <item>Reports to <paramref name="events"/>, on this thread, in order.</item>
    /// <item>Checks <paramref name="stop"/> at least once per step, and ends as requested.</item>
    /// <item>Any exception becomes the rank's failure, with the exception's message unchanged.</item>
    /// </list>
    /// </summary>
    RoleOutcome Run(RoleAssignment assignment, ITrainingEvents events, StopSignal stop);

    /// <summary>Prepares for a job that may be assigned soon, as far as possible; called on a thread of its own.</summary>
    /// <param name="job">The job.</param>
    /// <param name="stop">Cancelled to end the preparation early.</param>
    void Prepare(TrainingJob job, CancellationToken stop) { }
}
