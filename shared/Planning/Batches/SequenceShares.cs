namespace Distributed.Planning.Batches;

/// <summary>
/// Which positions of a global batch each rank computes in each micro-batch: the batch is cut into micro-batches, each of
/// those into the ranks' shares, always into neighbouring positions and parts that differ by at most one, larger ones first.
/// </summary>
public sealed record SequenceShares
{
    /// <param name="globalBatch">Sequences of one step.</param>
    /// <param name="accumulation">Micro-batches of one step.</param>
    /// <param name="world">Ranks.</param>
    /// <exception cref="ArgumentException">Some rank would have no sequence in some micro-batch.</exception>
    public SequenceShares(int globalBatch, int accumulation, int world)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(accumulation, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(world, 1);
        if (globalBatch < (long)accumulation * world)
        {
            throw new ArgumentException(
                $"A global batch of {globalBatch} sequence{(globalBatch == 1 ? "" : "s")} does not give each of {world} rank{(world == 1 ? "" : "s")} one in each of {accumulation} micro-batch{(accumulation == 1 ? "" : "es")}.", nameof(globalBatch));
        }

        (GlobalBatch, Accumulation, World) = (globalBatch, accumulation, world);
    }

    /// <summary>Sequences of one step.</summary>
    public int GlobalBatch { get; }

    /// <summary>Micro-batches of one step.</summary>
    public int Accumulation { get; }

    /// <summary>Ranks.</summary>
    public int World { get; }

    /// <summary>First position within the global batch, and number of sequences, of a rank in a micro-batch.</summary>
    public (int First, int Count) Of(int microBatch, int rank)
    {
        var micro = Part(GlobalBatch, Accumulation, microBatch);
        var share = Part(micro.Count, World, rank);
        return (micro.First + share.First, share.Count);
    }

    /// <summary>Sequences of a rank over a whole step.</summary>
    public int PerStep(int rank) => Enumerable.Range(0, Accumulation).Sum(micro => Of(micro, rank).Count);

    private static (int First, int Count) Part(int total, int parts, int index)
    {
        var (quotient, remainder) = Math.DivRem(total, parts);
        return (index * quotient + Math.Min(index, remainder), quotient + (index < remainder ? 1 : 0));
    }
}
