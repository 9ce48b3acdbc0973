using Distributed.Data.Packing;
using Distributed.Parallel.Forward;
using static TorchSharp.torch;

namespace Distributed.Training.Batches;

/// <summary>Builds batches of S tokens with their targets from packed samples of S + 1 tokens.</summary>
/// <param name="dataset">The packed tokens.</param>
/// <param name="sequenceLength">Tokens S of one sequence.</param>
/// <param name="documentBoundaries">Whether positions restart at each document, and attention and loss do not cross documents.</param>
public sealed class BatchBuilder(PackedDataset dataset, int sequenceLength, bool documentBoundaries) : IBatchBuilder
{
    /// <inheritdoc/>
    public long Samples { get; } = dataset.SampleCount(sequenceLength);

    /// <inheritdoc/>
    public TokenBatch Build(IReadOnlyList<long> samples)
    {
        int B = samples.Count, S = sequenceLength;
        var (tokens, targets) = (new long[B * S], new long[B * S]);
        var (positions, documents) = (new int[B * S], new int[B * S]);
        var (window, keep) = (new int[S + 1], new bool[S]);
        for (var b = 0; b < B; b++)
        {
            dataset.Read(samples[b], S, window);
            if (documentBoundaries)
                DocumentBoundaries.Find(window, dataset.EndOfTextId, positions.AsSpan(b * S, S), documents.AsSpan(b * S, S), keep);
            for (var s = 0; s < S; s++)
            {
                tokens[b * S + s] = window[s];
                targets[b * S + s] = documentBoundaries && !keep[s] ? TokenBatch.NoTarget : window[s + 1];
            }
        }

        long[] shape = [B, S];
        return new TokenBatch(
            tensor(tokens, shape), tensor(targets, shape),
            documentBoundaries ? tensor(positions, shape, ScalarType.Int64) : null,
            documentBoundaries ? tensor(documents, shape, ScalarType.Int64) : null);
    }
}
