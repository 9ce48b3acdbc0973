using static TorchSharp.torch;

namespace Distributed.Parallel.Forward;

/// <summary>A sequence of a packed batch.</summary>
/// <param name="Row">Row of the batch.</param>
/// <param name="Start">First position in the row.</param>
/// <param name="Length">Number of tokens, at least 1.</param>
public readonly record struct PackedSequence(int Row, int Start, int Length);

/// <summary>
/// The sequences of a batch whose rows hold several sequences one after the other and then padding. Padding is part of no sequence: it
/// passes through embedding and attention, but no router sees it, and it counts nowhere.
/// </summary>
public sealed class PackedSequences : IDisposable
{
    private readonly int _length;
    private readonly Dictionary<int, (Tensor Tokens, int[] Lengths)> _depths = [];

    /// <param name="sequences">The sequences, ordered by row and position; the first of a row starts at 0, the next after its end.</param>
    /// <param name="length">Positions S of a row.</param>
    /// <exception cref="ArgumentException">The sequences overlap, leave a gap or exceed a row.</exception>
    public PackedSequences(IReadOnlyList<PackedSequence> sequences, int length)
    {
        var (row, end) = (-1, 0);
        foreach (var sequence in sequences)
        {
            if (sequence.Row > row) (row, end) = (sequence.Row, 0);
            var isNext = sequence.Row == row && sequence.Start == end && sequence.Length >= 1;
            end = sequence.Start + sequence.Length;
            if (!isNext || end > length) throw new ArgumentException($"{sequence} does not follow its predecessor.", nameof(sequences));
        }

        (Sequences, _length) = (sequences, length);
    }

    /// <summary>The sequences, ordered by row and position.</summary>
    public IReadOnlyList<PackedSequence> Sequences { get; }

    /// <summary>
    /// Indices of the tokens of all sequences among the B * (S - k) positions of multi-token prediction depth k, [R] int64; 0 for the
    /// trunk. Position i of depth k reads token i + k, so the last k positions of a sequence, which would read the next one, do not count.
    /// </summary>
    public Tensor TokensAt(int depth) => At(depth).Tokens;

    /// <summary>Number of tokens of each sequence at a depth; sequences without a token are absent.</summary>
    public IReadOnlyList<int> LengthsAt(int depth) => At(depth).Lengths;

    private (Tensor Tokens, int[] Lengths) At(int depth)
    {
        if (_depths.TryGetValue(depth, out var known)) return known;
        var (tokens, lengths) = (new List<long>(), new List<int>());
        foreach (var (row, start, length) in Sequences)
        {
            var count = length - depth;
            if (count < 1) continue;
            lengths.Add(count);
            for (var i = 0; i < count; i++) tokens.Add((long)row * (_length - depth) + start + i);
        }

        return _depths[depth] = (tensor(tokens.ToArray()).DetachFromDisposeScope(), [.. lengths]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (tokens, _) in _depths.Values) tokens.Dispose();
        _depths.Clear();
    }
}
