using Distributed.Parallel.Forward;

namespace Distributed.Training.Batches;

/// <summary>Gives one rank its sequences of any step. The same step always gives the same sequences.</summary>
public interface IBatchSource
{
    /// <summary>This rank's micro-batches of a step, counted from 0, in order; the caller disposes them.</summary>
    IReadOnlyList<TokenBatch> Step(long step);
}
