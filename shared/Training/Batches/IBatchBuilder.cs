using Distributed.Parallel.Forward;

namespace Distributed.Training.Batches;

/// <summary>Builds batches of rows from prepared data. A row is a sample of a text or a row of packed examples.</summary>
public interface IBatchBuilder
{
    /// <summary>Number of rows of the data.</summary>
    long Samples { get; }

    /// <summary>Builds one batch of the given rows; an empty list gives an empty batch.</summary>
    /// <param name="samples">Indices of the rows, from 0.</param>
    TokenBatch Build(IReadOnlyList<long> samples);
}
