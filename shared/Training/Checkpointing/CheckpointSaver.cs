using System.Diagnostics;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Parallel.Collectives;
using Distributed.Training.Reports;
using Distributed.Training.SavedState;
using Distributed.Training.Steps;

namespace Distributed.Training.Checkpointing;

/// <summary>
/// Saves the state of a network in training, one save at a time. Each rank writes its experts and its share of the other parameters on a
/// background thread while steps continue. Rank 0 commits when all ranks have written; only then is <c>latest</c> updated. The numbers are
/// those of the commit protocol in the README of <c>shared/Checkpoints</c>.
/// <code>
///             Begin (1)              BeginCommit                 EndCommit
///     Idle ───────────────► Writing ─────────────► Committing ─────────────► Idle
///      ▲  the folder exists    │ (2) every rank        (3) to (7) rank 0      ▲
///      └───────────────────────┴─── on a failure of any rank ─────────────────┘
/// </code>
/// Each arrow is one all-gather, by which all ranks reach the same phase. So every rank calls the same methods in the same order, and calls
/// <see cref="BeginCommit"/> and <see cref="EndCommit"/> only when all ranks are <see cref="IsReady"/>; otherwise the call waits. After a
/// failure the temporary folder is removed, and <c>latest</c> does not change. In Writing and Committing, steps continue: before the
/// weights change, tensors that are not written yet are copied or waited for.
/// </summary>
/// <param name="network">The network to save.</param>
/// <param name="collectives">Collectives over all ranks.</param>
/// <param name="store">The store of the run's checkpoints.</param>
/// <param name="retention">Determines which older checkpoints are kept.</param>
/// <param name="time">The clock.</param>
/// <param name="timeout">
/// Longest wait for the store. A save that takes longer is given up; no other save starts until its writes end.
/// </param>
/// <param name="epoch">
/// The group's epoch. It is part of the temporary folder's name, so a rank of an earlier epoch writes elsewhere.
/// </param>
public sealed class CheckpointSaver(TrainedNetwork network, ICollectives collectives, ICheckpointStore store, RetentionPolicy retention,
    TimeProvider time, TimeSpan timeout, long epoch = 0) : IDisposable
{
    /// <summary>Limit of the memory for copies of tensors that are not written in time, as a share of a rank's bytes.</summary>
    private const double CopyShare = 0.25;

    private readonly NetworkTensors _tensors = new(network, collectives);
    private readonly CollectiveResults _results = new(collectives, new TensorOrder(network.Model.Config));
    private readonly StoreWork _work = new(store, timeout);

    /// <summary>The current phase.</summary>
    internal SavePhase Phase { get; private set; } = new SavePhase.Idle();

    /// <summary>Whether this rank's part of the current phase has ended; true in Idle. Exchanges nothing.</summary>
    public bool IsReady => Phase switch
    {
        SavePhase.Idle => true,
        SavePhase.Writing(var save) => save.Shard.IsCompleted,
        SavePhase.Committing(_, _, var commit) => commit.IsCompleted,
        _ => throw new UnreachableException(),
    };

    /// <summary>Idle to Writing: rank 0 creates the folder, every rank starts to write its part. Every rank must call it.</summary>
    /// <param name="state">The run's state for the manifest.</param>
    /// <param name="whileTraining">Whether steps run while the save is in progress.</param>
    /// <returns>Null if the save has started, else its failure; the same on every rank.</returns>
    /// <exception cref="InvalidOperationException">A save is in progress.</exception>
    public SaveOutcome.Failed? Begin(CheckpointState state, bool whileTraining = false)
    {
        if (Phase is not SavePhase.Idle) throw Unexpected(nameof(Begin));
        var start = time.GetTimestamp();
        try
        {
            var folder = new StoredFolder(store, _results.FromAll(() => CreateFolder(state.Step))[0]);
            var shard = new ShardSave(folder, collectives.Rank, _tensors.Weights(), _tensors.OptimizerState(), whileTraining, CopyShare,
                timeout);
            var save = new SaveInProgress(state, folder, shard, start);
            Phase = new SavePhase.Writing(save);
            network.Changing = () => Preserve(save);
            save.HeldUp += time.GetElapsedTime(start);
            return null;
        }
        catch (CheckpointException error)
        {
            return new SaveOutcome.Failed(state.Step, error);
        }
    }

    /// <summary>
    /// Writing to Committing: gathers the entries of all ranks, and rank 0 starts to commit. Waits until this rank has written. Every rank
    /// must call it.
    /// </summary>
    /// <returns>Null if the commit has started, else the failure of a rank's write, which leads to Idle; the same on every rank.</returns>
    /// <exception cref="InvalidOperationException">The phase is not Writing.</exception>
    public SaveOutcome.Failed? BeginCommit()
    {
        if (Phase is not SavePhase.Writing(var save)) throw Unexpected(nameof(BeginCommit));
        var start = time.GetTimestamp();
        try
        {
            ManifestEntry[] entries = [.. _results.FromAll(save.Shard.Entries).SelectMany(part => part)];
            var commit = collectives.Rank == 0 ? Task.Run(() => Commit(save, entries)) : Task.FromResult<CommittedSave?>(null);
            Phase = new SavePhase.Committing(save, entries.Sum(entry => entry.Length), commit);
            save.HeldUp += time.GetElapsedTime(start);
            return null;
        }
        catch (CheckpointException error)
        {
            return Fail(save, error);
        }
    }

    /// <summary>
    /// Committing to Idle: announces the result of the commit to all ranks. Rank 0 waits until the commit has ended. Every rank must call
    /// it.
    /// </summary>
    /// <returns>The outcome, the same on every rank except for the times.</returns>
    /// <exception cref="InvalidOperationException">The phase is not Committing.</exception>
    public SaveOutcome EndCommit()
    {
        if (Phase is not SavePhase.Committing(var save, var bytes, var commit)) throw Unexpected(nameof(EndCommit));
        var start = time.GetTimestamp();
        try
        {
            var committed = _results.FromRankZero(() => _work.Wait("the commit", commit))!;
            save.HeldUp += time.GetElapsedTime(start);
            var report = new CheckpointReport(save.State.Step, committed.Folder, bytes, time.GetElapsedTime(save.Begun).TotalSeconds,
                save.HeldUp.TotalSeconds) { NotRemoved = committed.NotRemoved };
            ReturnToIdle();
            return new SaveOutcome.Saved(report);
        }
        catch (CheckpointException error)
        {
            return Fail(save, error);
        }
    }

    /// <summary>
    /// Ends the current phase: Writing by <see cref="BeginCommit"/>, Committing by <see cref="EndCommit"/>, Idle without an exchange. Every
    /// rank must call it, once all ranks are <see cref="IsReady"/>.
    /// </summary>
    /// <returns>The outcome of the save, the same on every rank; null if it is not finished or none is in progress.</returns>
    public SaveOutcome? EndPhase() => Phase switch
    {
        SavePhase.Idle => null,
        SavePhase.Writing => BeginCommit(),
        SavePhase.Committing => EndCommit(),
        _ => throw new UnreachableException(),
    };

    /// <summary>Waits for the save in progress, until Idle. Exchanges as the remaining transitions do. Every rank must call it.</summary>
    /// <returns>The outcome, the same on every rank; null if no save was in progress.</returns>
    public SaveOutcome? Finish()
    {
        if (Phase is SavePhase.Writing(var save))
        {
            var start = time.GetTimestamp();
            save.Shard.Wait();
            save.HeldUp += time.GetElapsedTime(start);
            if (BeginCommit() is { } failure) return failure;
        }

        return EndPhase();
    }

    /// <summary>Gives up a save in progress, without an exchange. The network may be disposed afterwards.</summary>
    public void Dispose()
    {
        var last = Phase;
        ReturnToIdle();
        switch (last)
        {
            case SavePhase.Idle:
                break;
            case SavePhase.Writing(var save):
                RemoveFolder(save);
                break;
            case SavePhase.Committing(_, _, var commit):
                // All tensors are written: the commit takes little time, and the claim must not be released before it ends.
                _work.EndsInTime(commit);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private string CreateFolder(long step)
    {
        _work.RequireNoneAbandoned();
        return collectives.Rank == 0
            ? _work.Wait("the creation of the folder", Task.Run(() => CheckpointCommit.Begin(store, step, epoch))).Name : "";
    }

    private CommittedSave? Commit(SaveInProgress save, ManifestEntry[] entries)
    {
        var committed = CheckpointCommit.Commit(save.Folder, save.State, entries, NetworkTensors.Expected(network.Model.Config));
        return new CommittedSave(committed.Path, CheckpointPublish.Publish(committed, retention).Failed);
    }

    private void Preserve(SaveInProgress save)
    {
        var start = time.GetTimestamp();
        save.Shard.Preserve();
        save.HeldUp += time.GetElapsedTime(start);
    }

    private SaveOutcome.Failed Fail(SaveInProgress save, CheckpointException error)
    {
        ReturnToIdle();
        RemoveFolder(save);
        return new SaveOutcome.Failed(save.State.Step, error);
    }

    // Frees the copies of tensors. Writes and a commit that have not ended count as abandoned.
    private void ReturnToIdle()
    {
        var last = Phase;
        Phase = new SavePhase.Idle();
        network.Changing = null;
        switch (last)
        {
            case SavePhase.Idle:
                break;
            case SavePhase.Writing(var save):
                Release(save);
                break;
            case SavePhase.Committing(var save, _, var commit):
                Release(save);
                _work.Abandon(commit);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void Release(SaveInProgress save)
    {
        save.Shard.Dispose();
        _work.Abandon(save.Shard.Writing);
    }

    // A folder into which abandoned work may still write is left to the next save.
    private void RemoveFolder(SaveInProgress save)
    {
        if (collectives.Rank == 0 && !_work.HasAbandoned) CheckpointCommit.Abandon(save.Folder);
    }

    private InvalidOperationException Unexpected(string method) => new(Phase switch
    {
        SavePhase.Idle => $"{method}: no save is in progress.",
        SavePhase.Writing(var save) => $"{method}: the save of step {save.State.Step} is being written.",
        SavePhase.Committing(var save, _, _) => $"{method}: the save of step {save.State.Step} is being committed.",
        _ => throw new UnreachableException(),
    });
}
