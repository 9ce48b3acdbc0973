namespace Distributed.Planning;

/// <summary>
/// The grid of ranks: world size = expert parallelism x replicas. The ranks of one replica hold disjoint experts and exchange tokens.
/// Ranks with the same index in their replicas hold the same experts and sum their gradients.
/// <code>
/// EP 2, 3 replicas     index 0   index 1
/// replica 0            rank 0    rank 1      tokens are exchanged along a row,
/// replica 1            rank 2    rank 3      gradients of experts are summed along a column,
/// replica 2            rank 4    rank 5      those of all other parameters over all ranks
/// </code>
/// </summary>
/// <param name="ExpertParallel">Number of ranks per replica (EP), at least 1.</param>
/// <param name="Replicas">Number of copies of every expert, at least 1.</param>
public sealed record RankGrid(int ExpertParallel, int Replicas)
{
    /// <summary>Number of ranks.</summary>
    public int World => ExpertParallel * Replicas;

    /// <summary>Returns a rank's index in its replica, which determines the experts that it holds.</summary>
    public int ExpertRankOf(int rank) => rank % ExpertParallel;

    /// <summary>Returns the replica that a rank belongs to.</summary>
    public int ReplicaOf(int rank) => rank / ExpertParallel;

    /// <summary>Returns the ranks of a rank's replica, ordered by index.</summary>
    public IReadOnlyList<int> RanksOfReplica(int rank) => [.. Enumerable.Range(ReplicaOf(rank) * ExpertParallel, ExpertParallel)];

    /// <summary>Returns the ranks that hold the same experts as a rank, ordered by replica.</summary>
    public IReadOnlyList<int> RanksWithSameExperts(int rank) =>
        [.. Enumerable.Range(0, Replicas).Select(replica => replica * ExpertParallel + ExpertRankOf(rank))];
}
