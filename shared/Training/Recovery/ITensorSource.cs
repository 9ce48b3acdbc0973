using Distributed.Checkpoints;
using static TorchSharp.torch;

namespace Distributed.Training.Recovery;

/// <summary>Saved tensors under their global names, wherever they lie. Safe for several threads.</summary>
internal interface ITensorSource
{
    /// <summary>For messages: a folder, or the recovery point of a step.</summary>
    string Origin { get; }

    /// <summary>Names of all optimizer states that are here.</summary>
    IEnumerable<string> OptimizerNames { get; }

    /// <summary>Type in safetensors' spelling, and shape.</summary>
    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    (string Dtype, IReadOnlyList<long> Shape) Find(TensorKind kind, string name);

    /// <summary>A tensor in memory of its own.</summary>
    Tensor Read(TensorKind kind, string name);

    /// <summary>A tensor over one of the same type and shape.</summary>
    void ReadInto(TensorKind kind, string name, Tensor destination);
}
