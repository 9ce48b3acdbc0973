namespace Distributed.Planning.Placement;

/// <summary>What is to be placed.</summary>
/// <param name="Layers">Indices of the layers with experts.</param>
/// <param name="Experts">Routed experts E of each layer, 0 for a dense network.</param>
/// <param name="World">Ranks to place them on.</param>
public sealed record PlacementRequest(IReadOnlyList<int> Layers, int Experts, int World);

/// <summary>
/// Decides which expert lives where.
/// <list type="number">
/// <item>Every expert of every layer is on exactly one rank, and every rank has at least one expert of each layer.</item>
/// <item>The answer is a function of the request: the same request gives the same layout, on any machine.</item>
/// </list>
/// Refuses more ranks than experts with an <see cref="ArgumentException"/>.
/// </summary>
public interface IPlacement
{
    /// <summary>The layout for a request.</summary>
    ExpertLayout Place(PlacementRequest request);
}
