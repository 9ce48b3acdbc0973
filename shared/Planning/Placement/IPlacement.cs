namespace Distributed.Planning.Placement;

/// <summary>The input of a placement.</summary>
/// <param name="Layers">Indices of the layers with experts.</param>
/// <param name="Experts">Number of routed experts E per layer; 0 for a dense network.</param>
/// <param name="World">Number of ranks of one replica.</param>
public sealed record PlacementRequest(IReadOnlyList<int> Layers, int Experts, int World);

/// <summary>
/// Decides which expert is on which rank.
/// <list type="number">
/// <item>Every expert of every layer is on exactly one rank, and every rank has at least one expert of each layer.</item>
/// <item>The result depends only on the request: equal requests give equal placements, on any machine.</item>
/// </list>
/// Throws an <see cref="ArgumentException"/> if there are more ranks than experts.
/// </summary>
public interface IPlacement
{
    /// <summary>Computes the placement for a request.</summary>
    ExpertPlacement Place(PlacementRequest request);
}
