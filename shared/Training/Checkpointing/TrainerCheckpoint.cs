using System.Text;
using System.Text.Json;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Parallel.Collectives;
using Distributed.Training.Recovery;
using Distributed.Training.Reports;
using Distributed.Training.Steps;
using Decoder = Distributed.Models.Decoder;

namespace Distributed.Training.Checkpointing;

/// <summary>
/// Saves and loads the state of a network in training. Each rank writes its experts and its share of the other parameters on a background
/// thread while steps continue. Rank 0 commits when all ranks have written; only then is <c>latest</c> updated. One save runs at a time.
/// <code>
/// Start     rank 0 creates the folder, every rank starts to write      ─┐ steps continue: before weights change,
/// Advance   all ranks have written: rank 0 starts to commit             │ tensors not written yet are copied
/// Advance   committed, or failed and the folder is removed             ─┘ or waited for
/// </code>
/// Every rank makes the same calls in the same order, and calls <see cref="Advance"/> when all ranks are <see cref="IsReady"/>.
/// </summary>
/// <param name="network">The network to save or load.</param>
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
/// <param name="run">Identifies the run whose later epochs may take the store over; null if no epoch may.</param>
public sealed class TrainerCheckpoint(TrainedNetwork network, ICollectives collectives, ICheckpointStore store, RetentionPolicy retention,
    TimeProvider time, TimeSpan timeout, long epoch = 0, string? run = null) : IDisposable
{
    /// <summary>Limit of the memory for copies of tensors that are not written in time, as a share of a rank's bytes.</summary>
    private const double CopyShare = 0.25;

    private readonly NetworkTensors _tensors = new(network, collectives);
    private IStoreClaim? _claim;
    private Task<IOException?> _folderCheck = Task.FromResult<IOException?>(null);
    private Pending? _pending;
    private Task _abandoned = Task.CompletedTask; // writes and commits of saves that were given up

    /// <summary>Whether this rank has finished its part of the current phase; true if no save is in progress.</summary>
    public bool IsReady => _pending is null || (_pending.Committing?.IsCompleted ?? _pending.Shard.IsCompleted);

    /// <summary>
    /// Makes this the only run that saves into the folder, until it ends or a later epoch of it takes over. Every rank must call it.
    /// </summary>
    /// <param name="others">Policy for checkpoints of other runs in the folder.</param>
    /// <param name="identity">Identity of this run in its manifests.</param>
    /// <exception cref="CheckpointException">
    /// Another run saves into the folder, checkpoints of other runs are refused, or the folder is not writable.
    /// </exception>
    public void Claim(OtherRuns others = OtherRuns.Leave, string? identity = null) => FromRankZero(() =>
    {
        _claim = store.Claim(run is null ? null : new StoreOwner(run, epoch));
        if (others == OtherRuns.Refuse) CheckpointRuns.RequireNone(CheckpointRuns.NotOf(store, identity));
        else if (others == OtherRuns.Remove) CheckpointRuns.Remove(store, CheckpointRuns.NotOf(store, identity));
        return "";
    });

    /// <summary>
    /// Whether the folder that this rank claimed no longer exists; false on ranks that claimed none. Each call starts a check in the
    /// background and returns the result of the previous check, so a store that does not answer delays no step.
    /// </summary>
    public bool IsFolderMissing()
    {
        if (_claim is not { } claim || !_folderCheck.IsCompleted) return false;
        if (_folderCheck.Result is FolderMissingException) return true;
        _folderCheck = Task.Run(() => claim.Lost);
        return false;
    }

    /// <summary>Ends a run whose folder no longer exists. Every rank must call it, once any rank has found the folder missing.</summary>
    /// <exception cref="CheckpointException">Always, the same on every rank.</exception>
    public void ThrowFolderMissing() =>
        FromAll(() => IsFolderMissing() ? throw new CheckpointException(_folderCheck.Result!.Message, _folderCheck.Result) : "");

    /// <summary>Starts to save the current state of the network. Every rank must call it.</summary>
    /// <param name="state">The run's state for the manifest.</param>
    /// <param name="whileTraining">Whether steps run while the save is in progress.</param>
    /// <returns>Null if the save has started, else its failure; the same on every rank.</returns>
    public SaveOutcome? Start(CheckpointState state, bool whileTraining = false)
    {
        if (_pending is not null) throw new InvalidOperationException($"The save of step {_pending.State.Step} is still in progress.");
        var start = time.GetTimestamp();
        try
        {
            var folder = new StoredFolder(store, FromAll(() => Begin(state.Step))[0]);
            _pending = new Pending(state, folder,
                new ShardSave(folder, collectives.Rank, _tensors.Weights(), _tensors.OptimizerState(), whileTraining, CopyShare, timeout),
                start);
            network.Changing = Preserve;
            _pending.HeldUp += time.GetElapsedTime(start);
            return null;
        }
        catch (CheckpointException error)
        {
            return new SaveOutcome(state.Step, null, error);
        }
    }

    /// <summary>Moves the save to its next phase. Every rank must call it, once all ranks are <see cref="IsReady"/>.</summary>
    /// <returns>The outcome, the same on every rank; null if the save is not finished or none is in progress.</returns>
    public SaveOutcome? Advance()
    {
        if (_pending is not { } pending) return null;
        var start = time.GetTimestamp();
        try
        {
            if (pending.Committing is null)
            {
                pending.Entries = [.. FromAll(() => JsonSerializer.Serialize(pending.Shard.Entries()))
                    .SelectMany(text => JsonSerializer.Deserialize<ManifestEntry[]>(text)!)];
                pending.Committing = collectives.Rank == 0 ? Task.Run(() => Commit(pending)) : Task.FromResult(new Committed("", []));
                pending.HeldUp += time.GetElapsedTime(start);
                return null;
            }

            var committed = JsonSerializer.Deserialize<Committed>(
                FromRankZero(() => JsonSerializer.Serialize(Within("the commit", pending.Committing))))!;
            pending.HeldUp += time.GetElapsedTime(start);
            var report = new CheckpointReport(
                pending.State.Step, committed.Folder, pending.Entries.Sum(entry => entry.Length),
                time.GetElapsedTime(pending.Begun).TotalSeconds, pending.HeldUp.TotalSeconds) { NotRemoved = committed.NotRemoved };
            End();
            return new SaveOutcome(report.Step, report, null);
        }
        catch (CheckpointException error)
        {
            End();
            if (collectives.Rank == 0 && _abandoned.IsCompleted) CheckpointCommit.Abandon(pending.Folder);
            return new SaveOutcome(pending.State.Step, null, error);
        }
    }

    /// <summary>Waits for the save in progress. Every rank must call it.</summary>
    /// <returns>The outcome, the same on every rank; null if no save was in progress.</returns>
    public SaveOutcome? Finish()
    {
        while (_pending is { } pending)
        {
            var start = time.GetTimestamp();
            if (pending.Committing is null) pending.Shard.Wait();
            pending.HeldUp += time.GetElapsedTime(start);
            if (Advance() is { } outcome) return outcome;
        }

        return null;
    }

    /// <summary>Loads weights, router biases and optimizer state from a checkpoint of any layout.</summary>
    /// <exception cref="CheckpointException">The checkpoint is of another network or is damaged.</exception>
    public void Load(Checkpoint checkpoint)
    {
        checkpoint.RequireMatches(Expected());
        _tensors.Load(new CheckpointTensors(checkpoint));
    }

    /// <summary>Gives up a save in progress. The network may be disposed afterwards.</summary>
    public void Dispose()
    {
        var (folder, committing) = (_pending?.Folder, _pending?.Committing);
        End();
        if (collectives.Rank == 0 && folder is { } begun && committing is null && _abandoned.IsCompleted) CheckpointCommit.Abandon(begun);
        // All tensors are written: the commit takes little time, and the claim must not be released before it ends.
        if (committing is not null) ((IAsyncResult)committing).AsyncWaitHandle.WaitOne(timeout);
        _claim?.Dispose();
    }

    private void Preserve()
    {
        if (_pending is not { } pending) return;
        var start = time.GetTimestamp();
        pending.Shard.Preserve();
        pending.HeldUp += time.GetElapsedTime(start);
    }

    private void End()
    {
        network.Changing = null;
        if (_pending is not { } pending) return;
        pending.Shard.Dispose();
        _abandoned = Task.WhenAll(_abandoned, pending.Shard.Writing, pending.Committing ?? Task.CompletedTask);
        _pending = null;
    }

    private string Begin(long step)
    {
        if (!_abandoned.IsCompleted)
        {
            throw new CheckpointException(
                $"{store.PathOf("")}: an earlier save was given up and still waits for the store; no other save starts until it ends.");
        }

        return collectives.Rank == 0
            ? Within("the creation of the folder", Task.Run(() => CheckpointCommit.Begin(store, step, epoch))).Name : "";
    }

    private Committed Commit(Pending pending)
    {
        var committed = CheckpointCommit.Commit(pending.Folder, pending.State, pending.Entries, Expected());
        return new Committed(committed.Path, CheckpointPublish.Publish(committed, retention).Failed);
    }

    private T Within<T>(string what, Task<T> task)
    {
        if (((IAsyncResult)task).AsyncWaitHandle.WaitOne(timeout)) return task.GetAwaiter().GetResult();
        _abandoned = Task.WhenAll(_abandoned, task);
        throw new CheckpointException(
            $"{store.PathOf("")}: {what} has not finished within {timeout.TotalSeconds:0} s (checkpoint.timeout_seconds): "
            + "the store does not answer or is too slow.");
    }

    private ExpectedTensor[] Expected() =>
        [.. Decoder.TensorsOf(network.Model.Config)
            .Select(tensor => new ExpectedTensor(TensorKind.Weights, tensor.Name, tensor.Shape))];

    private string FromRankZero(Func<string> action) => FromAll(() => collectives.Rank == 0 ? action() : "")[0];

    // Runs the action on every rank and gathers the results. If any rank failed, every rank throws the failure of the rank at fault.
    private string[] FromAll(Func<string> action)
    {
        const char Done = '+', Failed = '-';
        string answer;
        try
        {
            answer = Done + action();
        }
        catch (CheckpointException error)
        {
            answer = Failed + JsonSerializer.Serialize(new RankFailure(error.Cause, error.Tensor, error.Message));
        }

        var answers = collectives.AllGatherBytes(Encoding.UTF8.GetBytes(answer)).Select(Encoding.UTF8.GetString).ToArray();
        if (answers.All(text => text[0] == Done)) return [.. answers.Select(text => text[1..])];
        RankFailure[] failures =
        [
            .. answers.Index().Where(each => each.Item[0] == Failed)
                .Select(each => JsonSerializer.Deserialize<RankFailure>(each.Item[1..])! with { Rank = each.Index }),
        ];
        var worst = failures.Max(failure => failure.Cause);
        RankFailure[] culprits = [.. failures.Where(failure => failure.Cause == worst)];
        var rank = worst == CheckpointFailureCause.NotFinite
            ? _tensors.First(culprits.Select(each => (each.Rank, each.Tensor!))).Rank
            : culprits[0].Rank;
        var culprit = culprits.First(each => each.Rank == rank);
        throw new CheckpointException($"rank {rank}: {culprit.Message}") { Cause = worst, Tensor = culprit.Tensor, Rank = rank };
    }

    private sealed record RankFailure(CheckpointFailureCause Cause, string? Tensor, string Message)
    {
        public int Rank { get; init; }
    }

    private sealed record Committed(string Folder, IReadOnlyList<string> NotRemoved);

    private sealed class Pending(CheckpointState state, StoredFolder folder, ShardSave shard, long begun)
    {
        public CheckpointState State { get; } = state;

        public StoredFolder Folder { get; } = folder;

        public ShardSave Shard { get; } = shard;

        public long Begun { get; } = begun;

        public TimeSpan HeldUp { get; set; }

        public IReadOnlyList<ManifestEntry> Entries { get; set; } = [];

        public Task<Committed>? Committing { get; set; }
    }
}
