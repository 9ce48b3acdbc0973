using System.Runtime.InteropServices;
using Distributed.Checkpoints;
using Distributed.Tensors;
using Distributed.Tensors.Safetensors;
using Distributed.Training.SavedState;
using static TorchSharp.torch;

namespace Distributed.Training.Recovery;

/// <summary>The tensors of a recovery point that a rank needs, received from the holders of its parts.</summary>
/// <param name="step">Steps committed in the recovery point.</param>
internal sealed unsafe class RecoveredTensors(long step) : ITensorSource, IDisposable
{
    private readonly Dictionary<(TensorKind, string), (nint Memory, RecoveryEntry Entry)> _tensors = [];
    private readonly List<nint> _memory = [];

    public string Origin => $"the recovery point of step {step}";

    public IEnumerable<string> OptimizerNames => _tensors.Keys.Where(key => key.Item1 == TensorKind.Optimizer).Select(key => key.Item2);

    /// <summary>Adds received tensors.</summary>
    /// <param name="memory">Memory of the tensors, at offset 0; this object takes ownership.</param>
    /// <param name="entries">The tensors in this memory.</param>
    public void Add(nint memory, IEnumerable<RecoveryEntry> entries)
    {
        _memory.Add(memory);
        foreach (var entry in entries) _tensors[(entry.Kind, entry.Name)] = (memory + (nint)entry.Offset, entry);
    }

    public bool Contains(TensorKind kind, string name) => _tensors.ContainsKey((kind, name));

    public (string Dtype, IReadOnlyList<long> Shape) Find(TensorKind kind, string name) =>
        Entry(kind, name).Entry is var entry ? (entry.Dtype, entry.Shape) : default;

    public Tensor Read(TensorKind kind, string name)
    {
        var entry = Entry(kind, name).Entry;
        var tensor = empty(entry.Shape, SafetensorsDtype.Find(entry.Dtype)!.Scalar);
        ReadInto(kind, name, tensor);
        return tensor;
    }

    public void ReadInto(TensorKind kind, string name, Tensor destination)
    {
        var (memory, entry) = Entry(kind, name);
        if (!TensorMemory.IsPlain(destination))
        {
            using var plain = Read(kind, name);
            destination.copy_(plain);
            return;
        }

        if (TensorMemory.ByteCount(destination) != entry.Length)
        {
            throw new CheckpointException(
                $"{Origin}: {name} is {entry.Dtype} {TensorEntry.Describe(entry.Shape)}; the network needs another shape or type.");
        }

        NativeMemory.Copy((void*)memory, (void*)TensorMemory.Pointer(destination), (nuint)entry.Length);
    }

    public void Dispose()
    {
        foreach (var memory in _memory) NativeMemory.Free((void*)memory);
        _memory.Clear();
        _tensors.Clear();
    }

    private (nint Memory, RecoveryEntry Entry) Entry(TensorKind kind, string name) => _tensors.TryGetValue((kind, name), out var found)
        ? found
        : throw new CheckpointException($"{Origin}: has no {kind.ToText()} tensor {name}.");
}
