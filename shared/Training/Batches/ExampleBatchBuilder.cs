using Distributed.Data.Examples.Rows;
using Distributed.Parallel.Forward;
using static TorchSharp.torch;

namespace Distributed.Training.Batches;

/// <summary>Builds batches of rows of packed examples.</summary>
/// <param name="packer">The rows.</param>
public sealed class ExampleBatchBuilder(ExamplePacker packer) : IBatchBuilder
{
    /// <inheritdoc/>
    public long Samples => packer.RowCount;

    /// <inheritdoc/>
    public TokenBatch Build(IReadOnlyList<long> samples)
    {
        int B = samples.Count, S = packer.RowLength;
        var (tokens, targets) = (new long[B * S], new long[B * S]);
        var (positions, documents) = (new long[B * S], new long[B * S]);
        var sequences = new List<PackedSequence>();
        for (var b = 0; b < B; b++)
        {
            var row = packer.Row((int)samples[b]);
            for (var s = 0; s < S; s++)
            {
                var at = b * S + s;
                (tokens[at], targets[at]) = (row.Tokens[s], row.Targets[s] == PackedRow.NoTarget ? TokenBatch.NoTarget : row.Targets[s]);
                (positions[at], documents[at]) = (row.Positions[s], row.Documents[s]);
            }

            sequences.AddRange(row.Sequences.Select(sequence => new PackedSequence(b, sequence.Start, sequence.Length)));
        }

        long[] shape = [B, S];
        return new TokenBatch(tensor(tokens, shape), tensor(targets, shape), tensor(positions, shape), tensor(documents, shape),
            new PackedSequences(sequences, S));
    }
}
