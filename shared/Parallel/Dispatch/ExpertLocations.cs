using System.Collections.Immutable;

namespace Distributed.Parallel.Dispatch;

/// <summary>Maps each expert of one layer to its rank and to its index among that rank's experts.</summary>
public sealed class ExpertLocations
{
    private readonly int[] _rank;
    private readonly int[] _index;

    /// <param name="experts">Number of experts E of the layer.</param>
    /// <param name="perRank">Global indices of each rank's experts; every expert appears exactly once.</param>
    /// <exception cref="ArgumentException">An expert is missing, out of range, or on two ranks.</exception>
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
                {
                    throw new ArgumentException(
                        $"Rank {rank}: expert {expert} of {experts} does not exist or is placed twice.", nameof(perRank));
                }

                (_rank[expert], _index[expert]) = (rank, index);
            }
        }

        var missing = Array.IndexOf(_rank, -1);
        if (missing >= 0) throw new ArgumentException($"Expert {missing} of {experts} is on no rank.", nameof(perRank));
        (Ranks, PerRank) = (perRank.Count, perRank);
    }

    /// <summary>Number of experts E of the layer.</summary>
    public int Experts => _rank.Length;

    /// <summary>Number of ranks.</summary>
    public int Ranks { get; }

    /// <summary>Global indices of each rank's experts.</summary>
    public IReadOnlyList<ImmutableArray<int>> PerRank { get; }

    /// <summary>Returns the rank that holds an expert.</summary>
    public int RankOf(int expert) => _rank[expert];

    /// <summary>Returns an expert's index among those of its rank.</summary>
    public int IndexOf(int expert) => _index[expert];
}
