using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;

namespace Distributed.Training.Checkpointing;

/// <summary>A save from its start until its outcome is known.</summary>
/// <param name="state">The run's state for the manifest.</param>
/// <param name="folder">The temporary folder, created by rank 0.</param>
/// <param name="shard">This rank's part.</param>
/// <param name="begun">Timestamp of the start.</param>
internal sealed class SaveInProgress(CheckpointState state, StoredFolder folder, ShardSave shard, long begun)
{
    /// <summary>The run's state for the manifest.</summary>
    public CheckpointState State { get; } = state;

    /// <summary>The temporary folder.</summary>
    public StoredFolder Folder { get; } = folder;

    /// <summary>This rank's part.</summary>
    public ShardSave Shard { get; } = shard;

    /// <summary>Timestamp of the start.</summary>
    public long Begun { get; } = begun;

    /// <summary>Time that training on this rank has waited for the save.</summary>
    public TimeSpan HeldUp { get; set; }
}
