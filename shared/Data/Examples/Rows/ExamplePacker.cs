using Distributed.Data.Examples.Records;
using Distributed.Data.Examples.Storage;

namespace Distributed.Data.Examples.Rows;

/// <summary>
/// Packs the examples of a data set into rows of S positions.
/// 1. Every example is in exactly one row.
/// 2. The rows depend on the lengths and the seed only, so all passes over the data have the same rows, and a run resumes at a position
///    without any state.
/// 3. The two sides of a pair are neighbours in one row. So a pair is never split over micro-batches or ranks, and S bounds the sum of its
///    sides.
/// Thread-safe.
/// </summary>
public sealed class ExamplePacker
{
    private readonly ExampleDataset _dataset;
    private readonly int _rowLength;
    private readonly PackingPlan _plan;

    /// <summary>Plans the rows; reads no tokens.</summary>
    /// <param name="dataset">Examples to learn, not prompts; the caller disposes it.</param>
    /// <param name="rowLength">Positions S of a row, at least the tokens of the longest example.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="isPacked">Whether a row holds several examples; one otherwise.</param>
    /// <exception cref="ArgumentException">The data set has prompts only, is empty, or an example is longer than a row.</exception>
    public ExamplePacker(ExampleDataset dataset, int rowLength, long seed, bool isPacked = true)
    {
        if (dataset.Kind == ExampleKind.Prompts) throw new ArgumentException("Prompts have no targets to pack.", nameof(dataset));
        (_dataset, _rowLength) = (dataset, rowLength);
        int[] lengths = [.. Enumerable.Range(0, dataset.Count).Select(dataset.TokenCount)];
        _plan = isPacked ? new PackingPlan(lengths, rowLength, seed) : PackingPlan.OneEach(lengths, rowLength);
    }

    /// <summary>Number of rows of a pass over the data.</summary>
    public int RowCount => _plan.Rows.Count;

    /// <summary>Fraction of all positions that hold a token of an example; above 0, at most 1.</summary>
    public double RealShare => _plan.RealShare;

    /// <summary>Positions S of a row.</summary>
    public int RowLength => _rowLength;

    /// <summary>Reads a row.</summary>
    /// <param name="row">Index of the row, from 0 to below <see cref="RowCount"/>.</param>
    /// <exception cref="DataException">A block of a shard is damaged.</exception>
    public PackedRow Row(int row) => Build(_plan.Rows[row]);

    private PackedRow Build(int[] examples)
    {
        var sequences = new List<RowSequence>();
        var row = new PackedRow(_rowLength, filler: _dataset.EndOfTextId) { Sequences = sequences };
        var at = 0;
        foreach (var example in examples)
        {
            foreach (var (side, sequence) in _dataset.Read(example).Sequences.Index())
            {
                var length = sequence.Tokens.Length;
                sequence.Tokens.CopyTo(row.Tokens, at);
                for (var i = 0; i + 1 < length; i++)
                {
                    if (sequence.IsTarget[i + 1]) row.Targets[at + i] = sequence.Tokens[i + 1];
                }

                Place(row, at, length, sequences.Count);
                sequences.Add(new RowSequence(example, IsRejected: side == 1, at, length, sequence.PromptLength));
                at += length;
            }
        }

        Place(row, at, _rowLength - at, sequences.Count);
        return row;
    }

    private static void Place(PackedRow row, int start, int length, int document)
    {
        for (var i = 0; i < length; i++) row.Positions[start + i] = i;
        row.Documents.AsSpan(start, length).Fill(document);
    }
}
