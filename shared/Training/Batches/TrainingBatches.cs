using Distributed.Data.Sampling;
using Distributed.Parallel.Forward;

namespace Distributed.Training.Batches;

/// <summary>
/// Produces the batches of one rank in training order. Each step takes the next G global positions; they are split into micro-batches,
/// and each micro-batch into the shares of the ranks. The sample at a position depends only on the seed.
/// </summary>
/// <param name="builder">Builds batches from samples.</param>
/// <param name="order">The sample at each global position.</param>
/// <param name="cursor">The step and the position at which this run starts or resumes.</param>
/// <param name="globalBatch">Sequences G of one step, over all ranks and micro-batches.</param>
/// <param name="accumulation">Micro-batches per step.</param>
/// <param name="rank">This rank, from 0.</param>
/// <param name="world">Number of ranks.</param>
public sealed class TrainingBatches(
    IBatchBuilder builder, SampleOrder order, SampleCursor cursor, int globalBatch, int accumulation, int rank, int world)
{
    /// <summary>Builds this rank's micro-batches of a step, in order. Equal steps give equal batches. The caller disposes them.</summary>
    /// <param name="step">Optimizer steps done before this one.</param>
    public IReadOnlyList<TokenBatch> Build(long step)
    {
        var batches = new TokenBatch[accumulation];
        for (var micro = 0; micro < accumulation; micro++)
        {
            var (microStart, microCount) = EvenShares.Of(globalBatch, accumulation, micro);
            var (start, count) = EvenShares.Of(microCount, world, rank);
            var first = cursor.At(step, globalBatch) + microStart + start;
            batches[micro] = builder.Build([.. Enumerable.Range(0, (int)count).Select(i => order.At(first + i))]);
        }

        return batches;
    }
}

/// <summary>Position of a run in the sample order after its committed steps.</summary>
/// <param name="Step">Optimizer steps committed.</param>
/// <param name="Position">Samples used by these steps.</param>
public readonly record struct SampleCursor(long Step, long Position)
{
    /// <summary>Returns the position before a later step, at <paramref name="globalBatch"/> samples per step.</summary>
    public long At(long step, int globalBatch) => Position + (step - Step) * globalBatch;
}
