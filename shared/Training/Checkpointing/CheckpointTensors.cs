using Distributed.Checkpoints;
using Distributed.Training.SavedState;
using static TorchSharp.torch;

namespace Distributed.Training.Checkpointing;

/// <summary>Reads tensors from a checkpoint.</summary>
internal sealed class CheckpointTensors(Checkpoint checkpoint) : ITensorSource
{
    public string Origin => checkpoint.Folder;

    public IEnumerable<string> OptimizerNames =>
        checkpoint.Manifest.Tensors.Where(entry => entry.Kind == TensorKind.Optimizer).Select(entry => entry.Name);

    public bool Contains(TensorKind kind, string name) => checkpoint.Manifest.Find(kind, name) is not null;

    public (string Dtype, IReadOnlyList<long> Shape) Find(TensorKind kind, string name) =>
        checkpoint.Find(kind, name) is var entry ? (entry.Dtype, entry.Shape) : default;

    public Tensor Read(TensorKind kind, string name) => checkpoint.Read(kind, name);

    public void ReadInto(TensorKind kind, string name, Tensor destination) => checkpoint.ReadInto(kind, name, destination);
}
