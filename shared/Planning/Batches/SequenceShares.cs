namespace Distributed.Planning.Batches;

/// <summary>
/// Assigns the sequences of a global batch to ranks and micro-batches. The batch is split into micro-batches, and each micro-batch into
/// the ranks' shares. Every part is contiguous; sizes differ by at most one, larger parts first.
/// </summary>
public sealed record SequenceShares
{
    /// <param name="globalBatch">Number of sequences per step.</param>
    /// <param name="accumulation">Number of micro-batches per step, at least 1.</param>
    /// <param name="world">Number of ranks, at least 1.</param>
    /// <exception cref="ArgumentException">A rank would have no sequence in some micro-batch.</exception>
    public SequenceShares(int globalBatch, int accumulation, int world)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(accumulation, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(world, 1);
        if (globalBatch < (long)accumulation * world)
        {
            throw new ArgumentException(
                $"A global batch of {globalBatch} sequence{(globalBatch == 1 ? "" : "s")} does not give each of "
                + $"{world} rank{(world == 1 ? "" : "s")} one in each of {accumulation} micro-batch{(accumulation == 1 ? "" : "es")}.",
                nameof(globalBatch));
        }

        (GlobalBatch, Accumulation, World) = (globalBatch, accumulation, world);
    }

    /// <summary>Number of sequences per step.</summary>
    public int GlobalBatch { get; }

    /// <summary>Number of micro-batches per step.</summary>
    public int Accumulation { get; }

    /// <summary>Number of ranks.</summary>
    public int World { get; }

    /// <summary>Returns the first position within the global batch and the number of sequences of a rank in a micro-batch.</summary>
    public (int First, int Count) Of(int microBatch, int rank)
    {
        var micro = Part(GlobalBatch, Accumulation, microBatch);
        var share = Part(micro.Count, World, rank);
        return (micro.First + share.First, share.Count);
    }

    /// <summary>Returns the number of sequences of a rank in a whole step.</summary>
    public int PerStep(int rank) => Enumerable.Range(0, Accumulation).Sum(micro => Of(micro, rank).Count);

    private static (int First, int Count) Part(int total, int parts, int index)
    {
        var (quotient, remainder) = Math.DivRem(total, parts);
        return (index * quotient + Math.Min(index, remainder), quotient + (index < remainder ? 1 : 0));
    }
}
