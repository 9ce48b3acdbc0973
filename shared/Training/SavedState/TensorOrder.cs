using Distributed.Models;

namespace Distributed.Training.SavedState;

/// <summary>
/// Order of a network's saved tensors: weights in the network's order, router biases, then optimizer state in the order of its weights.
/// </summary>
/// <param name="config">The network.</param>
internal sealed class TensorOrder(DecoderConfig config)
{
    private readonly Lazy<Dictionary<string, int>> _order = new(
        () => Decoder.TensorsOf(config).Index().ToDictionary(tensor => tensor.Item.Name, tensor => tensor.Index));

    /// <summary>Returns the first of the given tensors. Of several ranks with the same tensor, the first in the list is returned.</summary>
    /// <param name="tensors">Ranks and tensor names, at least one.</param>
    public (int Rank, string Tensor) First(IEnumerable<(int Rank, string Tensor)> tensors) =>
        tensors.MinBy(tensor => IndexOf(tensor.Tensor));

    private long IndexOf(string name)
    {
        var order = _order.Value;
        if (order.TryGetValue(name, out var index)) return index;
        return order.Count + (order.TryGetValue(name[..Math.Max(0, name.LastIndexOf('.'))], out index) ? index : order.Count);
    }
}
