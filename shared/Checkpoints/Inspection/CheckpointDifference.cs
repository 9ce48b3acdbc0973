using System.Text.Json;
using System.Text.Json.Nodes;
using Distributed.Tensors.Safetensors;

namespace Distributed.Checkpoints.Inspection;

/// <summary>The differences between two checkpoints.</summary>
/// <param name="Tensors">The tensors that differ.</param>
/// <param name="Equal">Number of tensors that are equal bit for bit.</param>
/// <param name="State">Values of the state that differ, one line each: step, model, layout and so on.</param>
public sealed record CheckpointDifference(IReadOnlyList<TensorDifference> Tensors, int Equal, IReadOnlyList<string> State)
{
    public bool IsEqual => Tensors.Count == 0 && State.Count == 0;

    /// <summary>
    /// Compares two checkpoints tensor by tensor, with at most one tensor of each in memory. Tensors with the same type, shape and hash
    /// count as equal and are not read.
    /// </summary>
    /// <param name="first">The first checkpoint.</param>
    /// <param name="second">The second checkpoint.</param>
    /// <param name="progress">Receives the bytes of the first checkpoint that have been compared; null for none.</param>
    /// <param name="cancellation">Cancels the comparison.</param>
    /// <exception cref="CheckpointException">A tensor that must be read is damaged.</exception>
    public static CheckpointDifference Between(
        Checkpoint first, Checkpoint second, IProgress<VerificationProgress>? progress = null, CancellationToken cancellation = default)
    {
        var (differing, equal, done) = (new List<TensorDifference>(), 0, 0L);
        var total = first.Manifest.Tensors.Sum(tensor => tensor.Length);
        foreach (var one in first.Manifest.Tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Compare(first, second, one) is { } difference) differing.Add(difference);
            else equal++;
            progress?.Report(new VerificationProgress(done += one.Length, total));
        }

        differing.AddRange(second.Manifest.Tensors.Where(other => first.Manifest.Find(other.Kind, other.Name) is null)
            .Select(other => TensorDifference.Other(other.Kind, other.Name, "only in the second")));
        return new CheckpointDifference(differing, equal, StateDifferences(first.State, second.State));
    }

    private static TensorDifference? Compare(Checkpoint first, Checkpoint second, ManifestEntry one)
    {
        if (second.Manifest.Find(one.Kind, one.Name) is not { } other)
            return TensorDifference.Other(one.Kind, one.Name, "only in the first");
        if (!one.Shape.SequenceEqual(other.Shape))
            return TensorDifference.Other(one.Kind, one.Name,
                $"shapes {TensorEntry.Describe(one.Shape)} and {TensorEntry.Describe(other.Shape)}");
        if (one.Dtype == other.Dtype && one.Hash == other.Hash) return null;
        using var a = first.Read(one.Kind, one.Name);
        using var b = second.Read(one.Kind, one.Name);
        return TensorDifference.Of(one.Kind, one.Name, a, b);
    }

    private static List<string> StateDifferences(CheckpointState first, CheckpointState second)
    {
        var (one, other) = (Flat(first), Flat(second));
        return [.. one.Keys.Union(other.Keys).Where(key => one.GetValueOrDefault(key) != other.GetValueOrDefault(key))
            .Select(key => $"{key}: {one.GetValueOrDefault(key, "absent")} and {other.GetValueOrDefault(key, "absent")}")];
    }

    // Flattens the state to single values such as "world.expert_parallel". The run's identity is not compared.
    private static Dictionary<string, string> Flat(CheckpointState state)
    {
        var values = new Dictionary<string, string>();
        Add("", JsonSerializer.SerializeToNode(state with { Run = null }, ManifestJson.Default.CheckpointState));
        return values;

        void Add(string path, JsonNode? node)
        {
            if (node is JsonObject section)
            {
                foreach (var (key, value) in section) Add(path.Length == 0 ? key : $"{path}.{key}", value);
            }
            else
            {
                values[path] = Short(node?.ToJsonString() ?? "null");
            }
        }
    }

    private static string Short(string text) => text.Length <= 80 ? text : $"{text[..60]}... ({text.Length} characters, "
        + $"hash {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)))[..8]})";
}
