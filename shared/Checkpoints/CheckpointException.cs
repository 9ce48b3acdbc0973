using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Safetensors;

namespace Distributed.Checkpoints;

/// <summary>
/// Why a checkpoint could not be saved or used. If several ranks fail in one save, the failure with the highest value is reported.
/// </summary>
public enum CheckpointFailureCause
{
    /// <summary>Another rank's failure, or a newer save; that rank reports the details.</summary>
    Consequence,

    /// <summary>Any other cause, which the message states; another attempt may succeed.</summary>
    Other,

    /// <summary>The checkpoint was removed while it was being read; a newer one may exist.</summary>
    Removed,

    /// <summary>The folder holds checkpoints of another run.</summary>
    OtherRun,

    /// <summary>The folder of the run's checkpoints no longer exists; no later save can succeed.</summary>
    FolderMissing,

    /// <summary>A tensor has a value that is not finite, so the state is not saved.</summary>
    NotFinite,
}

/// <summary>
/// A checkpoint cannot be saved, found, verified or used. The message has the file and the tensor, the expected and the found value, which
/// checkpoint is still valid, and how to continue. Control characters other than line ends are escaped.
/// </summary>
public sealed class CheckpointException(string message, Exception? cause = null) : Exception(SafetensorsException.Printable(message), cause)
{
    /// <summary>The cause. Default: <see cref="CheckpointFailureCause.Other"/>, or the cause of the inner exception.</summary>
    public CheckpointFailureCause Cause { get; init; } =
        cause is FolderMissingException ? CheckpointFailureCause.FolderMissing : CheckpointFailureCause.Other;

    /// <summary>The tensor that is not finite; null for every other cause.</summary>
    public string? Tensor { get; init; }

    /// <summary>The rank that failed; null if the save or load has a single rank.</summary>
    public int? Rank { get; init; }
}
