using Distributed.Models.Parameters;
using Distributed.Parallel.Collectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Sharding;

/// <summary>
/// The weights that a group's ranks share, of each type in one stretch of memory by owner, so that what the owners have
/// updated reaches all of them by one all-gather, straight to where the network computes with it.
/// </summary>
internal sealed class GatheredWeights : IDisposable
{
    private readonly List<(Tensor Flat, long[] Counts)> _stretches = [];

    /// <summary>Moves the weights together.</summary>
    public GatheredWeights(SharedParameters shared)
    {
        foreach (var type in shared.ByOwner.Select(parameter => parameter.Value.dtype).Distinct())
        {
            bool IsOfType(Parameter parameter) => parameter.Value.dtype == type;
            var counts = shared.Counts(IsOfType);
            var flat = empty(counts.Sum(), type).DetachFromDisposeScope();
            long at = 0;
            foreach (var parameter in shared.ByOwner.Where(IsOfType))
            {
                using var stretch = flat.narrow(0, at, parameter.Count);
                parameter.MoveTo(stretch);
                at += parameter.Count;
            }

            _stretches.Add((flat, counts));
        }
    }

    /// <summary>Gives every rank what the owners have.</summary>
    public void Gather(ICollectives collectives)
    {
        foreach (var (flat, counts) in _stretches)
        {
            using var own = flat.narrow(0, counts.Take(collectives.Rank).Sum(), counts[collectives.Rank]);
            collectives.AllGather(own, flat, counts);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (flat, _) in _stretches) flat.Dispose();
    }
}
