using Distributed.Training.Jobs;
using Distributed.Training.Reports;

namespace Distributed.Worker.Roles;

/// <summary>What a worker does in a group: trains, and later generates or judges.</summary>
public interface IRole
{
    /// <summary>
    /// Does its part of the plan on the calling thread, which is its own.
    /// <list type="number">
    /// <item>Tells <paramref name="events"/> what happens, on this thread, in order.</item>
    /// <item>Looks at <paramref name="stop"/> at least once per step and ends as it says.</item>
    /// <item>Whatever it throws becomes the rank's failure, with the exception's message as it is.</item>
    /// </list>
    /// </summary>
    RoleOutcome Run(RoleAssignment assignment, ITrainingEvents events, StopSignal stop);

    /// <summary>Makes ready for a job that may be assigned soon, as far as that is possible; on a thread of its own.</summary>
    /// <param name="job">The job.</param>
    /// <param name="stop">Cancelled when it should end early.</param>
    void Prepare(TrainingJob job, CancellationToken stop) { }
}
