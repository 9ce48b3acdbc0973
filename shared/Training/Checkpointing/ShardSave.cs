using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using static TorchSharp.torch;

namespace Distributed.Training.Checkpointing;

/// <summary>One rank's part of a save, written by a thread of its own while the rank goes on.</summary>
internal sealed class ShardSave : IDisposable
{
    private readonly StoredFolder _folder;
    private readonly TimeSpan _patience;
    private readonly Snapshot _snapshot;
    private readonly Task<IReadOnlyList<ManifestEntry>> _writing;
    private string? _givenUp;

    /// <summary>Begins to write.</summary>
    /// <param name="folder">Made by rank 0.</param>
    /// <param name="rank">Names the files.</param>
    /// <param name="weights">Of this rank, under global names.</param>
    /// <param name="optimizer">Its optimizer state, likewise.</param>
    /// <param name="besideSteps">Whether the rank needs its processors meanwhile.</param>
    /// <param name="copies">Bytes that copies of what is not written in time may take, as a share of all.</param>
    /// <param name="patience">How long any wait for the store may last.</param>
    public ShardSave(StoredFolder folder, int rank, IReadOnlyList<(string Name, Tensor Tensor)> weights, IReadOnlyList<(string Name, Tensor Tensor)> optimizer, bool besideSteps, double copies, TimeSpan patience)
    {
        (_folder, _patience) = (folder, patience);
        _snapshot = new Snapshot([(TensorKind.Weights, weights), (TensorKind.Optimizer, optimizer)], copies);
        _writing = Task.Factory.StartNew<IReadOnlyList<ManifestEntry>>(
            () => [.. Write(TensorKind.Weights), .. Write(TensorKind.Optimizer)], CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        IReadOnlyList<ManifestEntry> Write(TensorKind kind)
        {
            try
            {
                return CheckpointShardWriter.WriteShard(folder, kind, rank, _snapshot.Of(kind), _snapshot.Lending(kind), besideSteps ? 1 : 2);
            }
            catch
            {
                _snapshot.Cancel(); // nobody need wait for what will not be written
                throw;
            }
        }
    }

    /// <summary>Whether it has come to an end, good or bad, or is waited for no longer.</summary>
    public bool IsCompleted => _givenUp is not null || _writing.IsCompleted;

    /// <summary>The thread that writes; it can outlive a save that was given up, when its store does not answer.</summary>
    public Task Writing => _writing;

    /// <summary>What was written.</summary>
    /// <exception cref="CheckpointException">It failed, or did not end in time.</exception>
    public IReadOnlyList<ManifestEntry> Entries()
    {
        Wait();
        return _givenUp is null ? _writing.GetAwaiter().GetResult() : throw new CheckpointException(_givenUp);
    }

    /// <summary>Waits for its end, good or bad, for as long as is allowed.</summary>
    public void Wait()
    {
        if (_givenUp is null && !((IAsyncResult)_writing).AsyncWaitHandle.WaitOne(_patience)) GiveUp("its last tensors");
    }

    /// <summary>Returns when the rank's tensors may change; where the store takes too long, all is given up.</summary>
    public void Preserve()
    {
        if (_givenUp is null && _snapshot.Preserve(_patience) is { } tensor) GiveUp(tensor);
    }

    /// <summary>Gives up what is not written yet. What the store still holds in its hands keeps its memory until it lets go.</summary>
    public void Dispose()
    {
        _snapshot.Cancel();
        Wait();
        _writing.ContinueWith(ended =>
        {
            _ = ended.Exception; // heard of by Entries, where anybody asks
            _snapshot.Dispose();
        }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void GiveUp(string tensor)
    {
        _snapshot.Cancel();
        _givenUp = $"{_folder}: {tensor} could not be written within {_patience.TotalSeconds:0} s (checkpoint.timeout_seconds): the store does not answer or is too slow. This save is given up.";
    }
}
