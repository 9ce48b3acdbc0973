using Distributed.Tensors.Safetensors;

namespace Distributed.Checkpoints;

/// <summary>
/// A checkpoint that cannot be saved, found, trusted or used. The message names the file and the tensor, says
/// what was expected and found, what is still valid, and how to go on. Control characters other than line ends are escaped.
/// </summary>
public sealed class CheckpointException(string message, Exception? cause = null) : Exception(SafetensorsException.Printable(message), cause)
{
    /// <summary>Whether another rank's failure, or a newer save, is to blame: where several ranks fail, the others say why.</summary>
    public bool IsConsequence { get; init; }
}
