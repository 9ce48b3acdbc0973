using System.Collections.Immutable;

namespace Distributed.Planning.Placement;

/// <summary>The placement of the experts of every layer on the ranks of one replica.</summary>
public sealed class ExpertPlacement
{
    private readonly ImmutableSortedDictionary<int, ImmutableArray<ImmutableArray<int>>> _layers;

    /// <summary>Creates and validates a placement.</summary>
    /// <param name="world">Number of ranks.</param>
    /// <param name="experts">Number of routed experts of every layer.</param>
    /// <param name="layers">Experts of each rank, ascending, by layer index.</param>
    /// <exception cref="ArgumentException">
    /// A layer does not have one share per rank, or an expert is out of range, out of order, missing, or held twice.
    /// </exception>
    public ExpertPlacement(int world, int experts, IEnumerable<KeyValuePair<int, ImmutableArray<ImmutableArray<int>>>> layers)
    {
        (World, Experts, _layers) = (world, experts, layers.ToImmutableSortedDictionary());
        foreach (var (layer, shares) in _layers) Check(layer, shares);
    }

    /// <summary>Number of ranks.</summary>
    public int World { get; }

    /// <summary>Number of routed experts of every layer.</summary>
    public int Experts { get; }

    /// <summary>Indices of the layers with experts, ascending.</summary>
    public IEnumerable<int> Layers => _layers.Keys;

    /// <summary>Returns the experts of a layer on a rank, ascending.</summary>
    /// <exception cref="KeyNotFoundException">The layer has no experts.</exception>
    public ImmutableArray<int> On(int layer, int rank) => _layers[layer][rank];

    /// <summary>Groups the layers by equal shares, for display: most placements are the same in every layer.</summary>
    public IEnumerable<(ImmutableArray<int> Layers, ImmutableArray<ImmutableArray<int>> Shares)> Distinct() =>
        _layers.GroupBy(pair => string.Join('|', pair.Value.Select(share => string.Join(',', share))))
            .Select(group => (group.Select(pair => pair.Key).ToImmutableArray(), group.First().Value));

    private void Check(int layer, ImmutableArray<ImmutableArray<int>> shares)
    {
        if (shares.Length != World) throw new ArgumentException($"Layer {layer} has {shares.Length} shares for {World} ranks.");
        var held = new bool[Experts];
        for (var rank = 0; rank < World; rank++)
        {
            var last = -1;
            foreach (var expert in shares[rank])
            {
                if (expert <= last || expert >= Experts)
                {
                    throw new ArgumentException(
                        $"Layer {layer}, rank {rank}: expert {expert} after {last}; experts must ascend and be in [0, {Experts}).");
                }

                if (held[expert])
                    throw new ArgumentException($"Layer {layer}: expert {expert} is held twice, the second time by rank {rank}.");
                held[expert] = true;
                last = expert;
            }
        }

        if (Array.IndexOf(held, false) is >= 0 and var missing)
            throw new ArgumentException($"Layer {layer}: no rank holds expert {missing}.");
    }
}
