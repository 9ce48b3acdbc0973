namespace Distributed.Data.Examples.Rows;

/// <summary>
/// One row of S positions with its sequences one after the other. Neither attention nor positions nor targets cross from one sequence to
/// another: each has its own document index and positions from 0, and its last position has no target. What remains of the row is filled
/// with end-of-text tokens without targets, as a document of its own.
/// </summary>
public sealed class PackedRow
{
    /// <summary>Target of a position without a prediction.</summary>
    public const int NoTarget = -100;

    internal PackedRow(int length, int filler)
    {
        (Tokens, Targets, Positions, Documents) = (new int[length], new int[length], new int[length], new int[length]);
        Array.Fill(Tokens, filler);
        Array.Fill(Targets, NoTarget);
    }

    /// <summary>Ids, [S].</summary>
    public int[] Tokens { get; }

    /// <summary>The next token of each position if it is a target; otherwise <see cref="NoTarget"/>, [S].</summary>
    public int[] Targets { get; }

    /// <summary>Position of each token in its sequence, from 0, [S].</summary>
    public int[] Positions { get; }

    /// <summary>Index of each token's sequence in the row, from 0; the filler has the next index, [S].</summary>
    public int[] Documents { get; }

    /// <summary>The sequences, in order.</summary>
    public IReadOnlyList<RowSequence> Sequences { get; internal init; } = [];
}
