using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Links;

namespace Distributed.Coordinator.Service.Execution;

/// <summary>
/// A job that is run by its own state machine, as the service sees it.
/// <list type="number">
/// <item>Every worker that it is given (<see cref="Attach"/>) is disposed by its end, which gives it back.</item>
/// <item>Requests never wait, come from any thread, and may come too late: then nothing happens.</item>
/// </list>
/// </summary>
public interface IRunningJob
{
    /// <summary>Gives it a worker's stream, before or while it runs.</summary>
    void Attach(IWorkerLink worker);

    /// <summary>Runs it to its end. Called once.</summary>
    /// <param name="abandon">Leaves at once, without an outcome.</param>
    Task<JobOutcome> RunAsync(CancellationToken abandon);

    /// <summary>Where its time went so far.</summary>
    GoodputReport Ledger { get; }

    /// <summary>Asks it to end after the step in hand.</summary>
    /// <param name="save">Whether a checkpoint is wanted.</param>
    /// <param name="reason">Why, for the outcome.</param>
    void RequestStop(bool save, string reason);

    /// <summary>Asks it for a checkpoint after the current step, while it continues.</summary>
    /// <returns>Completes with null when nothing that is committed by now is unsaved, or with the reason why it cannot be saved.</returns>
    Task<string?> RequestSave();

    /// <summary>Asks it to go on with so many workers.</summary>
    void RequestScale(int workers);

    /// <summary>Asks it to stand still after the step in hand, keeping its workers.</summary>
    void RequestPause();

    /// <summary>Asks it to go on from where it stands still.</summary>
    void RequestResume();
}
