using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Links;

namespace Distributed.Coordinator.Service.Execution;

/// <summary>
/// A job that its own state machine runs, as the service uses it.
/// <list type="number">
/// <item>The job disposes every worker that it receives (<see cref="Attach"/>) before it ends; disposing returns the worker to the
/// pool.</item>
/// <item>Requests never block and may come from any thread. A request that comes after the end has no effect.</item>
/// </list>
/// </summary>
public interface IRunningJob
{
    /// <summary>Adds a worker's stream, before or during the run.</summary>
    void Attach(IWorkerLink worker);

    /// <summary>Runs the job to its end. Called once.</summary>
    /// <param name="abandon">Cancels the run at once, without an outcome.</param>
    Task<JobOutcome> RunAsync(CancellationToken abandon);

    /// <summary>How the run has spent its time so far.</summary>
    GoodputReport Ledger { get; }

    /// <summary>Requests that the job ends after the current step.</summary>
    /// <param name="save">Whether the job saves a checkpoint first.</param>
    /// <param name="reason">Reason for the outcome.</param>
    void RequestStop(bool save, string reason);

    /// <summary>Requests a checkpoint after the current step; the job continues.</summary>
    /// <returns>Completes with null once every step that is committed by now is saved, or with the reason why it cannot be saved.</returns>
    Task<string?> RequestSave();

    /// <summary>Requests that the job continues with another number of workers.</summary>
    void RequestScale(int workers);

    /// <summary>Requests that the job pauses after the current step and keeps its workers.</summary>
    void RequestPause();

    /// <summary>Requests that a paused job resumes.</summary>
    void RequestResume();
}
