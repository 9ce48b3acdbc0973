using System.Collections.Immutable;

namespace Distributed.Parallel.Dispatch;

/// <summary>Where each expert of one layer lives: its rank, and its index among the experts there.</summary>
public sealed class ExpertLocations
{
    private readonly int[] _rank;
    private readonly int[] _index;

    /// <param name="experts">Experts E of the layer.</param>
    /// <param name="perRank">Experts of each rank; every expert exactly once.</param>
    /// <exception cref="ArgumentException">An expert is missing or lives twice.</exception>
    public ExpertLocations(int experts, IReadOnlyList<ImmutableArray<int>> perRank)
    {
        (_rank, _index) = (new int[experts], new int[experts]);
        Array.Fill(_rank, -1);
        for (var rank = 0; rank < perRank.Count; rank++)
        {
            for (var index = 0; index < perRank[rank].Length; index++)
            {
                var expert = perRank[rank][index];
                if (expert < 0 || expert >= experts || _rank[expert] >= 0)
                    throw new ArgumentException($"Expert {expert} of {experts} on rank {rank}: it does not exist or lives elsewhere already.", nameof(perRank));
                (_rank[expert], _index[expert]) = (rank, index);
            }
        }

        var missing = Array.IndexOf(_rank, -1);
        if (missing >= 0) throw new ArgumentException($"Expert {missing} of {experts} lives on no rank.", nameof(perRank));
        (Ranks, PerRank) = (perRank.Count, perRank);
    }

    /// <summary>Experts E of the layer.</summary>
    public int Experts => _rank.Length;

    /// <summary>Ranks that share them.</summary>
    public int Ranks { get; }

    /// <summary>Experts of each rank.</summary>
    public IReadOnlyList<ImmutableArray<int>> PerRank { get; }

    /// <summary>The rank that holds an expert.</summary>
    public int RankOf(int expert) => _rank[expert];

    /// <summary>An expert's index among those of its rank.</summary>
    public int IndexOf(int expert) => _index[expert];
}
