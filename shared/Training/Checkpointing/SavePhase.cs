namespace Distributed.Training.Checkpointing;

/// <summary>Phase of a <see cref="CheckpointSaver"/>; the same on every rank after each of its methods.</summary>
internal abstract record SavePhase
{
    private SavePhase()
    {
    }

    /// <summary>No save is in progress.</summary>
    public sealed record Idle : SavePhase;

    /// <summary>Every rank writes its part in the background.</summary>
    /// <param name="Save">The save.</param>
    public sealed record Writing(SaveInProgress Save) : SavePhase;

    /// <summary>All ranks have written; rank 0 commits in the background.</summary>
    /// <param name="Save">The save.</param>
    /// <param name="Bytes">Size of the tensors of all ranks, in bytes.</param>
    /// <param name="Commit">The commit on rank 0; completed on other ranks.</param>
    public sealed record Committing(SaveInProgress Save, long Bytes, Task<CommittedSave?> Commit) : SavePhase;
}

/// <summary>A committed and published checkpoint.</summary>
/// <param name="Folder">Folder of the checkpoint.</param>
/// <param name="NotRemoved">Expired checkpoints that could not be removed, one message each.</param>
internal sealed record CommittedSave(string Folder, IReadOnlyList<string> NotRemoved);
