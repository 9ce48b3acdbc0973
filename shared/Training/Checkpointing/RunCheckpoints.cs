using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Parallel.Collectives;
using Distributed.Training.Jobs;
using Distributed.Training.Reports;
using Distributed.Training.SavedState;
using Distributed.Training.Steps;

namespace Distributed.Training.Checkpointing;

/// <summary>
/// The checkpoints of a run: when to save, how often to retry, and what to report. A failed save does not end the run, because a later save
/// may succeed. Failures that no later save can fix end it: a value that is not finite, a missing folder, a checkpoint of another run.
/// Every rank calls the same methods in the same order.
/// </summary>
/// <param name="folder">The folder that the run saves into.</param>
/// <param name="saver">Saves the network.</param>
/// <param name="section">The job's checkpoint section.</param>
/// <param name="world">Collectives over all ranks.</param>
/// <param name="events">Receives the outcomes of saves on rank 0.</param>
/// <param name="time">The clock.</param>
internal sealed class RunCheckpoints(RunFolder folder, CheckpointSaver saver, CheckpointSection section, ICollectives world,
    ITrainingEvents events, TimeProvider time) : IDisposable
{
    private readonly SaveSchedule _schedule = new(section.Every);

    /// <summary>Creates the checkpoints of a run. Exchanges nothing.</summary>
    /// <param name="assignment">The job.</param>
    /// <param name="network">The network to save.</param>
    /// <param name="world">Collectives over all ranks.</param>
    /// <param name="epoch">The group's epoch.</param>
    /// <param name="events">Receives the outcomes of saves on rank 0.</param>
    /// <param name="time">The clock.</param>
    public static RunCheckpoints Create(
        TrainerAssignment assignment, TrainedNetwork network, ICollectives world, long epoch, ITrainingEvents events, TimeProvider time)
    {
        var section = assignment.Job.Checkpoint;
        var store = assignment.Store?.Invoke(section.Directory) ?? new DirectoryStore(section.Directory);
        var owner = assignment.Run is { } run ? new StoreOwner(run, epoch) : null;
        return new RunCheckpoints(
            new RunFolder(store, new CollectiveResults(world, new TensorOrder(network.Model.Config)), owner),
            new CheckpointSaver(network, world, store, new RetentionPolicy(section.Keep, section.KeepEvery), time,
                TimeSpan.FromSeconds(section.TimeoutSeconds), epoch),
            section, world, events, time);
    }

    /// <summary>Whether this rank's part of the save in progress has ended; true if there is none. Exchanges nothing.</summary>
    public bool IsReady => saver.IsReady;

    /// <inheritdoc cref="RunFolder.IsMissing"/>
    public bool IsFolderMissing() => folder.IsMissing();

    /// <inheritdoc cref="RunFolder.Claim"/>
    public void ClaimFolder(OtherRuns others, string? identity) => folder.Claim(others, identity);

    /// <summary>Whether a checkpoint is due after step <paramref name="step"/>; the same on every rank.</summary>
    public bool IsDue(long step) => _schedule.IsDue(step);

    /// <summary>
    /// Continues after a commit, by the votes of all ranks. One all-gather if a save is in progress and all ranks are ready, or if the
    /// folder is missing.
    /// </summary>
    /// <param name="isReady">Whether <see cref="IsReady"/> was true on every rank.</param>
    /// <param name="isFolderMissing">Whether <see cref="IsFolderMissing"/> was true on any rank.</param>
    /// <param name="step">Steps committed.</param>
    /// <exception cref="CheckpointException">The run cannot save any more.</exception>
    /// <exception cref="NotFiniteException">A saved value was not finite.</exception>
    public void ContinueSave(bool isReady, bool isFolderMissing, long step)
    {
        if (isFolderMissing) folder.ThrowMissing();
        if (isReady) Record(saver.EndPhase(), step);
    }

    /// <summary>
    /// Saves the state: waits for the save in progress, then starts this one, and waits for it unless the job saves while it trains.
    /// Exchanges as the transitions of <see cref="CheckpointSaver"/> do.
    /// </summary>
    /// <param name="state">The state after the last step.</param>
    /// <exception cref="CheckpointException">The run cannot save any more.</exception>
    /// <exception cref="NotFiniteException">A saved value is not finite.</exception>
    public void Save(CheckpointState state)
    {
        Record(saver.Finish(), state.Step);
        if (section.Asynchronous) Record(saver.Begin(state, whileTraining: true), state.Step);
        else Record(SaveNow(state), state.Step);
    }

    /// <summary>
    /// Saves the state with which the run ends, and waits for it. Retries a failed save as <see cref="FinalSaveRetry"/> determines, with
    /// one all-reduce before each retry.
    /// </summary>
    /// <param name="state">The state after the last step.</param>
    /// <exception cref="CheckpointException">
    /// The state could not be saved within the time limit, or the run cannot save any more.
    /// </exception>
    /// <exception cref="NotFiniteException">A saved value is not finite.</exception>
    public void SaveLast(CheckpointState state)
    {
        Record(saver.Finish(), state.Step);
        var retry = new FinalSaveRetry(world, time, TimeSpan.FromSeconds(section.TimeoutSeconds));
        while (true)
        {
            var outcome = SaveNow(state);
            Record(outcome, state.Step);
            if (outcome is not SaveOutcome.Failed(_, var failure)) return;
            if (!retry.WaitForNext()) throw retry.CreateException(state.Step, failure);
        }
    }

    /// <summary>Gives up a save in progress and releases the folder, without an exchange. The network may be disposed afterwards.</summary>
    public void Dispose()
    {
        saver.Dispose();
        folder.Dispose();
    }

    private SaveOutcome? SaveNow(CheckpointState state) => saver.Begin(state) ?? saver.Finish();

    // The schedule counts failures in a row. Steps until the next attempt are counted from the step at which the outcome is known.
    private void Record(SaveOutcome? outcome, long now)
    {
        switch (outcome)
        {
            case null:
                return;
            case SaveOutcome.Saved(var report):
                _schedule.RecordOutcome(failed: false, now);
                if (world.Rank == 0) events.CheckpointSaved(report);
                return;
            case SaveOutcome.Failed(var step, { Cause: CheckpointFailureCause.NotFinite } failure):
                throw NotFiniteException.InState(step, failure.Rank ?? world.Rank, failure.Tensor!, "checkpoint");
            case SaveOutcome.Failed(_, { Cause: CheckpointFailureCause.FolderMissing or CheckpointFailureCause.OtherRun } failure):
                throw failure;
            case SaveOutcome.Failed(var step, var failure):
                _schedule.RecordOutcome(failed: true, now);
                if (world.Rank == 0) events.CheckpointFailed(step, failure.Message);
                return;
            default:
                throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Unknown outcome.");
        }
    }
}
