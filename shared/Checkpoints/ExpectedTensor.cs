using Distributed.Tensors.Safetensors;

namespace Distributed.Checkpoints;

/// <summary>A tensor that a model needs, on any rank.</summary>
/// <param name="Kind">Weights or optimizer state.</param>
/// <param name="Name">Global name.</param>
/// <param name="Shape">Global shape.</param>
/// <param name="Dtype">Element type; null accepts any.</param>
public sealed record ExpectedTensor(TensorKind Kind, string Name, IReadOnlyList<long> Shape, SafetensorsDtype? Dtype = null)
{
    /// <summary>
    /// Missing, unexpected and different tensors, one line each; only for kinds that occur in <paramref name="expected"/>.
    /// </summary>
    internal static List<string> Differences(CheckpointManifest manifest, IReadOnlyCollection<ExpectedTensor> expected)
    {
        var differences = new List<string>();
        var wanted = new HashSet<(TensorKind, string)>();
        foreach (var tensor in expected)
        {
            wanted.Add((tensor.Kind, tensor.Name));
            var found = manifest.Find(tensor.Kind, tensor.Name);
            if (found is null)
                differences.Add($"{tensor.Kind.ToText()} {tensor.Name}: missing, {tensor.Describe()} is needed");
            else if (!found.Shape.SequenceEqual(tensor.Shape) || (tensor.Dtype is { } dtype && dtype.Name != found.Dtype))
            {
                differences.Add(
                    $"{tensor.Kind.ToText()} {tensor.Name}: {found.Dtype} {TensorEntry.Describe(found.Shape)} in the checkpoint, "
                    + $"{tensor.Describe()} is needed");
            }
        }

        var kinds = wanted.Select(w => w.Item1).ToHashSet();
        differences.AddRange(manifest.Tensors
            .Where(t => kinds.Contains(t.Kind) && !wanted.Contains((t.Kind, t.Name)))
            .Select(t => $"{t.Kind.ToText()} {t.Name}: {t.Dtype} {TensorEntry.Describe(t.Shape)} in the checkpoint, "
                + "no tensor of that name is needed"));
        return differences;
    }

    private string Describe() => $"{Dtype?.Name ?? "any dtype"} {TensorEntry.Describe(Shape)}";
}
