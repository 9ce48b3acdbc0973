using Distributed.Checkpoints;
using static TorchSharp.torch;

namespace Distributed.Training.SavedState;

/// <summary>Saved tensors under their global names, in a checkpoint or a recovery point. Implementations are thread-safe.</summary>
internal interface ITensorSource
{
    /// <summary>Name of the source in messages: a folder, or the recovery point of a step.</summary>
    string Origin { get; }

    /// <summary>Names of all optimizer states in the source.</summary>
    IEnumerable<string> OptimizerNames { get; }

    /// <summary>Whether the source has a tensor.</summary>
    bool Contains(TensorKind kind, string name);

    /// <summary>Returns a tensor's type, in the spelling of safetensors, and its shape.</summary>
    /// <exception cref="CheckpointException">The source has no such tensor.</exception>
    (string Dtype, IReadOnlyList<long> Shape) Find(TensorKind kind, string name);

    /// <summary>Reads a tensor into new memory.</summary>
    Tensor Read(TensorKind kind, string name);

    /// <summary>Reads a tensor into a tensor of the same type and shape.</summary>
    void ReadInto(TensorKind kind, string name, Tensor destination);
}
