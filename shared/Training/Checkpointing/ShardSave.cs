using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using static TorchSharp.torch;

namespace Distributed.Training.Checkpointing;

/// <summary>One rank's part of a save, written by a thread of its own while the rank goes on.</summary>
internal sealed class ShardSave : IDisposable
{
    private readonly Snapshot _snapshot;
    private readonly Task<IReadOnlyList<ManifestEntry>> _writing;

    /// <summary>Begins to write.</summary>
    /// <param name="folder">Made by rank 0.</param>
    /// <param name="rank">Names the files.</param>
    /// <param name="weights">Of this rank, under global names.</param>
    /// <param name="optimizer">Its optimizer state, likewise.</param>
    /// <param name="besideSteps">Whether the rank needs its processors meanwhile.</param>
    /// <param name="copies">Bytes that copies of what is not written in time may take, as a share of all.</param>
    public ShardSave(StoredFolder folder, int rank, IReadOnlyList<(string Name, Tensor Tensor)> weights, IReadOnlyList<(string Name, Tensor Tensor)> optimizer, bool besideSteps, double copies)
    {
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

    /// <summary>Whether it has come to an end, good or bad.</summary>
    public bool IsCompleted => _writing.IsCompleted;

    /// <summary>Waits for its end.</summary>
    /// <exception cref="CheckpointException">It failed.</exception>
    public IReadOnlyList<ManifestEntry> Entries() => _writing.GetAwaiter().GetResult();

    /// <summary>Waits for its end, good or bad.</summary>
    public void Wait() => ((IAsyncResult)_writing).AsyncWaitHandle.WaitOne();

    /// <summary>Returns when the rank's tensors may change.</summary>
    public void Preserve() => _snapshot.Preserve();

    /// <summary>Gives up what is not written yet, and waits until nothing is read any more.</summary>
    public void Dispose()
    {
        _snapshot.Cancel();
        Wait();
        _ = _writing.Exception; // heard of by Entries, where anybody asks
        _snapshot.Dispose();
    }
}
