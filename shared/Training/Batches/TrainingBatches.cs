using Distributed.Data.Sampling;
using Distributed.Parallel.Forward;

namespace Distributed.Training.Batches;

/// <summary>
/// The training order: each step of a global batch of G sequences takes the next G global positions, cut into
/// micro-batches and those into the ranks' shares. Which sample stands at a position depends on the seed alone.
/// </summary>
/// <param name="builder">Makes batches of samples.</param>
/// <param name="order">The sample at each global position.</param>
/// <param name="cursor">The step and the position that the run goes on from.</param>
/// <param name="globalBatch">G.</param>
/// <param name="accumulation">Micro-batches per step.</param>
/// <param name="rank">This rank.</param>
/// <param name="world">Number of ranks.</param>
public sealed class TrainingBatches(BatchBuilder builder, SampleOrder order, SampleCursor cursor, int globalBatch, int accumulation, int rank, int world)
{
    /// <summary>This rank's micro-batches of a step, counted from 0, in order; the same step always gives the same. The caller disposes them.</summary>
    public IReadOnlyList<TokenBatch> Step(long step)
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

/// <summary>How far into the sample order a run is: the committed part of it.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Position">Samples used by them.</param>
public readonly record struct SampleCursor(long Step, long Position)
{
    /// <summary>The position before a later step, with <paramref name="globalBatch"/> samples a step from here on.</summary>
    public long At(long step, int globalBatch) => Position + (step - Step) * globalBatch;
}
