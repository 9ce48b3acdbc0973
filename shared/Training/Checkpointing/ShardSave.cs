using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using static TorchSharp.torch;

namespace Distributed.Training.Checkpointing;

/// <summary>One rank's part of a save, written on a background thread while the rank continues to train.</summary>
internal sealed class ShardSave : IDisposable
{
    private readonly StoredFolder _folder;
    private readonly TimeSpan _timeout;
    private readonly Snapshot _snapshot;
    private readonly Task<IReadOnlyList<ManifestEntry>> _writing;
    private string? _givenUp;

    /// <summary>Starts to write.</summary>
    /// <param name="folder">The temporary folder of the checkpoint, created by rank 0.</param>
    /// <param name="rank">This rank; part of the file names.</param>
    /// <param name="weights">This rank's weights and router biases, under global names.</param>
    /// <param name="optimizer">This rank's optimizer state, under global names.</param>
    /// <param name="whileTraining">Whether training continues during the save; the save then uses fewer threads.</param>
    /// <param name="copies">
    /// Limit of the memory for copies of tensors that are not written in time, as a share of all bytes, 0 to 1.
    /// </param>
    /// <param name="timeout">Longest time that any wait for the store may take.</param>
    public ShardSave(StoredFolder folder, int rank, IReadOnlyList<(string Name, Tensor Tensor)> weights,
        IReadOnlyList<(string Name, Tensor Tensor)> optimizer, bool whileTraining, double copies, TimeSpan timeout)
    {
        (_folder, _timeout) = (folder, timeout);
        _snapshot = new Snapshot([(TensorKind.Weights, weights), (TensorKind.Optimizer, optimizer)], copies);
        _writing = Task.Factory.StartNew<IReadOnlyList<ManifestEntry>>(
            () => [.. Write(TensorKind.Weights), .. Write(TensorKind.Optimizer)], CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        IReadOnlyList<ManifestEntry> Write(TensorKind kind)
        {
            try
            {
                return CheckpointShardWriter.WriteShard(folder, kind, rank, _snapshot.Of(kind), _snapshot.AccessTo(kind),
                    whileTraining ? 1 : 2);
            }
            catch
            {
                _snapshot.Cancel(); // releases the waits for tensors that will not be written
                throw;
            }
        }
    }

    /// <summary>Whether the write has succeeded, failed or been given up.</summary>
    public bool IsCompleted => _givenUp is not null || _writing.IsCompleted;

    /// <summary>The background write. It can outlive a save that was given up if the store does not answer.</summary>
    public Task Writing => _writing;

    /// <summary>Waits for the write and returns the manifest entries of the written tensors.</summary>
    /// <exception cref="CheckpointException">The write failed or did not end in time.</exception>
    public IReadOnlyList<ManifestEntry> Entries()
    {
        Wait();
        return _givenUp is null ? _writing.GetAwaiter().GetResult() : throw new CheckpointException(_givenUp);
    }

    /// <summary>Waits until the write has succeeded or failed; gives the save up after the timeout.</summary>
    public void Wait()
    {
        if (_givenUp is null && !((IAsyncResult)_writing).AsyncWaitHandle.WaitOne(_timeout)) GiveUp("the last tensors");
    }

    /// <summary>Returns when the rank's tensors may change; gives the save up after the timeout.</summary>
    public void Preserve()
    {
        if (_givenUp is null && _snapshot.Preserve(_timeout) is { } tensor) GiveUp(tensor);
    }

    /// <summary>
    /// Gives up tensors that are not written yet. Memory from which the store still writes is freed when that write ends.
    /// </summary>
    public void Dispose()
    {
        _snapshot.Cancel();
        Wait();
        _writing.ContinueWith(ended =>
        {
            _ = ended.Exception; // observed here; Entries throws it to the caller
            _snapshot.Dispose();
        }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void GiveUp(string tensor)
    {
        _snapshot.Cancel();
        _givenUp = $"{_folder}: {tensor} could not be written within {_timeout.TotalSeconds:0} s (checkpoint.timeout_seconds): "
            + "the store does not answer or is too slow. This save is given up.";
    }
}
