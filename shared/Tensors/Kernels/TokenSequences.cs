using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>How the T rows of a tensor of tokens are divided into consecutive sequences.</summary>
public readonly record struct TokenSequences
{
    private readonly long[]? _ends; // null: the sequences have equal lengths

    private TokenSequences(long count, long[]? ends) => (Count, _ends) = (count, ends);

    /// <summary>Number of sequences B.</summary>
    public long Count { get; }

    /// <summary>Whether the sequences have equal lengths.</summary>
    public bool AreEqual => _ends is null;

    /// <summary>Sequences of equal length; 0 only if there is no token.</summary>
    public static implicit operator TokenSequences(long count) => new(count, null);

    /// <summary>Sequences of the given lengths, each at least 1; their sum is T.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A length is less than 1.</exception>
    public static TokenSequences Of(IReadOnlyList<int> lengths)
    {
        var ends = new long[lengths.Count];
        long end = 0;
        for (var i = 0; i < ends.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(lengths[i], 1, nameof(lengths));
            ends[i] = end += lengths[i];
        }

        return new TokenSequences(ends.Length, ends);
    }

    /// <summary>The rows of a sequence: from Begin to before End.</summary>
    /// <param name="sequence">Index of the sequence, from 0.</param>
    /// <param name="tokens">Number of rows T.</param>
    public (long Begin, long End) RowsOf(long sequence, long tokens)
    {
        if (_ends is { } ends) return (sequence == 0 ? 0 : ends[sequence - 1], ends[sequence]);
        var length = tokens / Count;
        return (sequence * length, (sequence + 1) * length);
    }

    /// <summary>Returns the first row of each sequence, and T at the end, [B + 1] int64.</summary>
    /// <param name="tokens">Number of rows T.</param>
    public Tensor Begins(long tokens)
    {
        var begins = new long[Count + 1];
        for (long sequence = 0; sequence < Count; sequence++) begins[sequence + 1] = RowsOf(sequence, tokens).End;
        return tensor(begins);
    }

    /// <summary>Requires that the sequences cover the tokens.</summary>
    /// <exception cref="ArgumentException">The sequences do not have <paramref name="tokens"/> tokens.</exception>
    public void RequireTokens(long tokens)
    {
        var isCovered = _ends is { } ends ? (ends.Length == 0 ? 0 : ends[^1]) == tokens : Count == 0 ? tokens == 0 : tokens % Count == 0;
        if (!isCovered) throw new ArgumentException($"{tokens} tokens cannot be divided into the given {Count} sequences.", nameof(tokens));
    }
}
