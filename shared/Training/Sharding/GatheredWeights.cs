using Distributed.Models.Parameters;
using Distributed.Parallel.Collectives;
using static TorchSharp.torch;

namespace Distributed.Training.Sharding;

/// <summary>
/// Stores the weights that all ranks of a group hold, one contiguous buffer per tensor type, ordered by owner. One all-gather per buffer
/// distributes the owners' updates directly into the memory that the network computes with.
/// </summary>
internal sealed class GatheredWeights : IDisposable
{
    private readonly List<(Tensor Flat, long[] Counts)> _buffers = [];

    /// <summary>Moves the weights into the buffers.</summary>
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
                using var slice = flat.narrow(0, at, parameter.Count);
                parameter.MoveTo(slice);
                at += parameter.Count;
            }

            _buffers.Add((flat, counts));
        }
    }

    /// <summary>Distributes the owners' weights to every rank. Every rank must call it.</summary>
    public void Gather(ICollectives collectives)
    {
        foreach (var (flat, counts) in _buffers)
        {
            using var own = flat.narrow(0, counts.Take(collectives.Rank).Sum(), counts[collectives.Rank]);
            collectives.AllGather(own, flat, counts);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (flat, _) in _buffers) flat.Dispose();
    }
}
