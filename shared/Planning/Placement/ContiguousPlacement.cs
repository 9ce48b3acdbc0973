using System.Collections.Immutable;

namespace Distributed.Planning.Placement;

/// <summary>
/// Places contiguous ranges of experts; sizes differ by at most one, larger ones first: 16 experts on 3 ranks are 6, 5, 5.
/// </summary>
public sealed class ContiguousPlacement : IPlacement
{
    /// <inheritdoc/>
    public ExpertPlacement Place(PlacementRequest request)
    {
        var (layers, experts, world) = request;
        ArgumentOutOfRangeException.ThrowIfLessThan(world, 1);
        if (layers.Count > 0 && world > experts)
        {
            throw new ArgumentException(
                $"{experts} expert{(experts == 1 ? "" : "s")} cannot be placed on {world} ranks: every rank holds at least one.",
                nameof(request));
        }

        var (quotient, remainder) = Math.DivRem(experts, world);
        var shares = Enumerable.Range(0, world)
            .Select(rank =>
                Enumerable.Range(rank * quotient + Math.Min(rank, remainder), quotient + (rank < remainder ? 1 : 0)).ToImmutableArray())
            .ToImmutableArray();
        return new ExpertPlacement(world, experts, layers.Select(layer => KeyValuePair.Create(layer, shares)));
    }
}
