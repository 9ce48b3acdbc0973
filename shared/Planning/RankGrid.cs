namespace Distributed.Planning;

/// <summary>
/// World = expert parallelism x replicas: the ranks of one replica share the experts out among themselves and exchange tokens;
/// ranks with the same place in their replicas hold the same experts and sum their gradients.
/// <code>
/// EP 2, 3 replicas     place 0   place 1
/// replica 0            rank 0    rank 1      tokens go along a row,
/// replica 1            rank 2    rank 3      gradients of experts are summed along a column,
/// replica 2            rank 4    rank 5      those of all other parameters over all ranks
/// </code>
/// </summary>
/// <param name="ExpertParallel">Ranks of one replica (EP), at least 1.</param>
/// <param name="Replicas">Copies of every expert, at least 1.</param>
public sealed record RankGrid(int ExpertParallel, int Replicas)
{
    /// <summary>All ranks.</summary>
    public int World => ExpertParallel * Replicas;

    /// <summary>A rank's place in its replica: which share of the experts it holds.</summary>
    public int PlaceOf(int rank) => rank % ExpertParallel;

    /// <summary>The replica that a rank belongs to.</summary>
    public int ReplicaOf(int rank) => rank / ExpertParallel;

    /// <summary>The ranks of a rank's replica, by place.</summary>
    public IReadOnlyList<int> RanksOfReplica(int rank) => [.. Enumerable.Range(ReplicaOf(rank) * ExpertParallel, ExpertParallel)];

    /// <summary>The ranks that hold the same experts as a rank, by replica.</summary>
    public IReadOnlyList<int> RanksOfPlace(int rank) => [.. Enumerable.Range(0, Replicas).Select(replica => replica * ExpertParallel + PlaceOf(rank))];
}
