using System.Text;
using System.Text.Json;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Models.DeepSeekV3;
using Distributed.Parallel.Collectives;
using Distributed.Training.Recovery;
using Distributed.Training.Reports;
using Distributed.Training.Steps;

namespace Distributed.Training.Checkpointing;

/// <summary>
/// Saves and loads a network in training, all ranks together. Each rank writes its experts and its share of the
/// other parameters, on a thread of its own while steps go on; rank 0 commits what all have written, and only then does
/// <c>latest</c> move. One save at a time.
/// <code>
/// Start     folder made, every rank begins to write                    ─┐ steps go on: before weights change,
/// Advance   all have written: rank 0 begins to commit                   │ what is not written yet is copied
/// Advance   it is committed, or has failed and its folder is gone      ─┘ or waited for
/// </code>
/// Every rank calls the same in the same order, <see cref="Advance"/> when all are <see cref="Ready"/>.
/// </summary>
/// <param name="network">What is saved.</param>
/// <param name="collectives">The group.</param>
/// <param name="store">Of the run's checkpoints.</param>
/// <param name="retention">Which older ones stay.</param>
/// <param name="time">The clock.</param>
/// <param name="patience">How long any wait for the store may last: what takes longer is given up, and no other save begins until it lets go.</param>
/// <param name="epoch">Of the group: what a rank of an earlier one still writes, it writes into another folder.</param>
/// <param name="run">Whose epochs take the store over from each other; null where none does.</param>
public sealed class TrainerCheckpoint(TrainedNetwork network, ICollectives collectives, ICheckpointStore store, RetentionPolicy retention, TimeProvider time, TimeSpan patience, long epoch = 0, string? run = null) : IDisposable
{
    /// <summary>Memory for copies of what is not written in time, as a share of what a rank saves.</summary>
    private const double Copies = 0.25;

    private readonly NetworkTensors _tensors = new(network, collectives);
    private IStoreClaim? _claim;
    private Task<IOException?> _look = Task.FromResult<IOException?>(null);
    private Pending? _pending;
    private Task _hanging = Task.CompletedTask;

    /// <summary>Whether this rank waits for nothing of its own; true where nothing is under way.</summary>
    public bool Ready => _pending is null || (_pending.Committing?.IsCompleted ?? _pending.Shard.IsCompleted);

    /// <summary>Makes this the only run that saves into the folder, until it ends or a later epoch of it takes over; all ranks together.</summary>
    /// <param name="others">What is done about checkpoints of other runs that are there.</param>
    /// <param name="identity">Of this run, as its manifests have it.</param>
    /// <exception cref="CheckpointException">Another run does, or has saved there before, or the folder cannot be written to.</exception>
    public void Claim(OtherRuns others = OtherRuns.Leave, string? identity = null) => FromRankZero(() =>
    {
        _claim = store.Claim(run is null ? null : new StoreOwner(run, epoch));
        if (others == OtherRuns.Refuse) CheckpointRuns.RequireNone(CheckpointRuns.NotOf(store, identity));
        else if (others == OtherRuns.Remove) CheckpointRuns.Remove(store, CheckpointRuns.NotOf(store, identity));
        return "";
    });

    /// <summary>
    /// Whether the folder that this rank claimed was found gone; false on ranks that claimed none. It is looked at on a thread of its own, one look
    /// at a time, so that a store that does not answer holds up no step: the answer is the one of the look before.
    /// </summary>
    public bool FindsFolderGone()
    {
        if (_claim is not { } claim || !_look.IsCompleted) return false;
        if (_look.Result is FolderGoneException) return true;
        _look = Task.Run(() => claim.Lost);
        return false;
    }

    /// <summary>Ends a run whose folder is gone; all ranks together, once any has found it so.</summary>
    /// <exception cref="CheckpointException">Always, the same on every rank.</exception>
    public void ThrowFolderGone() =>
        FromAll(() => FindsFolderGone() ? throw new CheckpointException(_look.Result!.Message, _look.Result) : "");

    /// <summary>Begins to save the network as it is now.</summary>
    /// <param name="state">What the checkpoint says of itself.</param>
    /// <param name="besideSteps">Whether steps follow before it is waited for.</param>
    /// <returns>Null where it has begun, or why it could not; the same on every rank.</returns>
    public SaveOutcome? Start(CheckpointState state, bool besideSteps = false)
    {
        if (_pending is not null) throw new InvalidOperationException($"The save of step {_pending.State.Step} is still under way.");
        var start = time.GetTimestamp();
        try
        {
            var folder = new StoredFolder(store, FromAll(() => Begin(state.Step))[0]);
            _pending = new Pending(state, folder, new ShardSave(folder, collectives.Rank, _tensors.Weights(), _tensors.OptimizerState(), besideSteps, Copies, patience), start);
            network.Changing = Preserve;
            _pending.HeldUp += time.GetElapsedTime(start);
            return null;
        }
        catch (CheckpointException error)
        {
            return new SaveOutcome(state.Step, null, error);
        }
    }

    /// <summary>Goes on with the save once every rank is <see cref="Ready"/>; all ranks together.</summary>
    /// <returns>How it ended, the same on every rank; null where it has not, or nothing is under way.</returns>
    public SaveOutcome? Advance()
    {
        if (_pending is not { } pending) return null;
        var start = time.GetTimestamp();
        try
        {
            if (pending.Committing is null)
            {
                pending.Entries = [.. FromAll(() => JsonSerializer.Serialize(pending.Shard.Entries())).SelectMany(text => JsonSerializer.Deserialize<ManifestEntry[]>(text)!)];
                pending.Committing = collectives.Rank == 0 ? Task.Run(() => Commit(pending)) : Task.FromResult(new Committed("", []));
                pending.HeldUp += time.GetElapsedTime(start);
                return null;
            }

            var committed = JsonSerializer.Deserialize<Committed>(FromRankZero(() => JsonSerializer.Serialize(Within("the commit", pending.Committing))))!;
            pending.HeldUp += time.GetElapsedTime(start);
            var report = new CheckpointReport(
                pending.State.Step, committed.Folder, pending.Entries.Sum(entry => entry.Length), time.GetElapsedTime(pending.Begun).TotalSeconds, pending.HeldUp.TotalSeconds) { NotRemoved = committed.NotRemoved };
            End();
            return new SaveOutcome(report.Step, report, null);
        }
        catch (CheckpointException error)
        {
            End();
            if (collectives.Rank == 0 && _hanging.IsCompleted) CheckpointCommit.Abandon(pending.Folder);
            return new SaveOutcome(pending.State.Step, null, error);
        }
    }

    /// <summary>Waits for the end of what is under way; all ranks together.</summary>
    /// <returns>As <see cref="Advance"/>; null where nothing was under way.</returns>
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

    /// <summary>Takes weights, router biases and optimizer state from a checkpoint of any layout.</summary>
    /// <exception cref="CheckpointException">It is of another network, or damaged.</exception>
    public void Load(Checkpoint checkpoint)
    {
        checkpoint.RequireMatches(Expected());
        _tensors.Load(new CheckpointTensors(checkpoint));
    }

    /// <summary>Gives up what is under way; the network's memory may go afterwards.</summary>
    public void Dispose()
    {
        var (folder, committing) = (_pending?.Folder, _pending?.Committing);
        End();
        if (collectives.Rank == 0 && folder is { } begun && committing is null && _hanging.IsCompleted) CheckpointCommit.Abandon(begun);
        if (committing is not null) ((IAsyncResult)committing).AsyncWaitHandle.WaitOne(patience); // all is written: a moment more, and nobody else saves here before
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
        _hanging = Task.WhenAll(_hanging, pending.Shard.Writing, pending.Committing ?? Task.CompletedTask);
        _pending = null;
    }

    private string Begin(long step)
    {
        if (!_hanging.IsCompleted) throw new CheckpointException($"{store.PathOf("")}: an earlier save was given up and still waits for the store; none is begun before that ends.");
        return collectives.Rank == 0 ? Within("the making of its folder", Task.Run(() => CheckpointCommit.Begin(store, step, epoch))).Name : "";
    }

    private Committed Commit(Pending pending)
    {
        var committed = CheckpointCommit.Commit(pending.Folder, pending.State, pending.Entries, Expected());
        return new Committed(committed.Path, CheckpointPublish.Publish(committed, retention).Failed);
    }

    private T Within<T>(string what, Task<T> task)
    {
        if (((IAsyncResult)task).AsyncWaitHandle.WaitOne(patience)) return task.GetAwaiter().GetResult();
        _hanging = Task.WhenAll(_hanging, task);
        throw new CheckpointException($"{store.PathOf("")}: {what} has not ended within {patience.TotalSeconds:0} s (checkpoint.timeout_seconds): the store does not answer or is too slow.");
    }

    private ExpectedTensor[] Expected() =>
        [.. DeepSeekV3Model.TensorsOf(network.Model.Config).Select(tensor => new ExpectedTensor(TensorKind.Weights, tensor.Name, tensor.Shape))];

    private string FromRankZero(Func<string> action) => FromAll(() => collectives.Rank == 0 ? action() : "")[0];

    // Every rank's answer; where any rank failed, all throw what the one says that is to blame.
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
