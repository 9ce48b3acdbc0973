using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Safetensors;

namespace Distributed.Checkpoints;

/// <summary>
/// Why a checkpoint could not be saved or used. Of several ranks' failures in one save, the one with the highest value is the reason.
/// </summary>
public enum CheckpointFailureCause
{
    /// <summary>Another rank's failure, or a newer save, is the reason: that rank reports more.</summary>
    Consequence,

    /// <summary>As the message says; another attempt may succeed.</summary>
    Other,

    /// <summary>The checkpoint was removed while it was being read: a newer one may be there.</summary>
    Removed,

    /// <summary>The folder holds checkpoints of another run.</summary>
    OtherRun,

    /// <summary>The folder of the run's checkpoints is gone; no later save can succeed.</summary>
    FolderGone,

    /// <summary>A tensor has a value that is not finite; the state is not worth saving.</summary>
    NotFinite,
}

/// <summary>
/// A checkpoint that cannot be saved, found, trusted or used. The message names the file and the tensor, says
/// what was expected and found, what is still valid, and how to go on. Control characters other than line ends are escaped.
/// </summary>
public sealed class CheckpointException(string message, Exception? cause = null) : Exception(SafetensorsException.Printable(message), cause)
{
    /// <summary>Why. Default: <see cref="CheckpointFailureCause.Other"/>, or what the inner exception says.</summary>
    public CheckpointFailureCause Cause { get; init; } =
        cause is FolderGoneException ? CheckpointFailureCause.FolderGone : CheckpointFailureCause.Other;

    /// <summary>The tensor that is not finite; null for every other cause.</summary>
    public string? Tensor { get; init; }

    /// <summary>The rank whose failure it is; null where one rank alone is concerned.</summary>
    public int? Rank { get; init; }
}
