using Distributed.Tensors.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parallel.Forward;

/// <summary>
/// The sequences of one rank in one micro-batch.
/// <code>B rows, possibly none   S positions each</code>
/// </summary>
public sealed class TokenBatch : IDisposable
{
    /// <summary>Target of a token without a prediction.</summary>
    public const long NoTarget = -100;

    /// <param name="tokens">Token ids, [B, S] int64.</param>
    /// <param name="targets">Next token of each position, or <see cref="NoTarget"/>, [B, S] int64.</param>
    /// <param name="positions">Position of each token, [B, S] int64; null for 0 .. S - 1.</param>
    /// <param name="documents">
    /// Document index of every token, [B, S] int64; attention stays within a document. Null lets attention cross documents.
    /// </param>
    /// <param name="packed">
    /// The sequences of packed rows; null if each row is one sequence without padding. Disposed with the batch.
    /// </param>
    public TokenBatch(
        Tensor tokens, Tensor targets, Tensor? positions = null, Tensor? documents = null, PackedSequences? packed = null)
    {
        Packed = packed;
        Tokens = tokens.DetachFromDisposeScope();
        Targets = targets.DetachFromDisposeScope();
        Positions = (positions ?? DefaultPositions(tokens)).DetachFromDisposeScope();
        Documents = documents?.DetachFromDisposeScope();
    }

    /// <summary>Token ids, [B, S] int64.</summary>
    public Tensor Tokens { get; }

    /// <summary>Next token of each position, or <see cref="NoTarget"/>, [B, S] int64.</summary>
    public Tensor Targets { get; }

    /// <summary>Position of each token, [B, S] int64.</summary>
    public Tensor Positions { get; }

    /// <summary>Document index of each token, [B, S] int64; null if attention crosses documents.</summary>
    public Tensor? Documents { get; }

    /// <summary>The sequences of packed rows; null if each row is one sequence without padding.</summary>
    public PackedSequences? Packed { get; }

    /// <summary>Number of rows B.</summary>
    public long Rows => Tokens.shape[0];

    /// <summary>Positions per row S.</summary>
    public long Length => Tokens.shape[1];

    /// <summary>Number of sequences: the rows, or the sequences of packed rows.</summary>
    public long SequenceCount => Packed?.Sequences.Count ?? Rows;

    /// <summary>The sequences of the tokens at a depth of multi-token prediction, 0 for the trunk; without padding.</summary>
    public TokenSequences SequencesAt(int depth) => Packed is { } packed ? TokenSequences.Of(packed.LengthsAt(depth)) : Rows;

    /// <summary>Number of tokens at a depth of multi-token prediction, 0 for the trunk; without padding.</summary>
    public long TokenCount(int depth = 0) => Packed?.TokensAt(depth).shape[0] ?? Rows * (Length - depth);

    /// <summary>
    /// Computes the targets of multi-token prediction at depth k (0 for the trunk), [B, S - k]. Row i predicts token i + k + 1; it has no
    /// target if any of the positions i to i + k has none, as at the end of a document.
    /// </summary>
    public Tensor TargetsAt(int depth)
    {
        var rows = Length - depth;
        var targets = Targets.narrow(1, depth, rows);
        for (var between = 0; between < depth; between++)
            targets = targets.masked_fill(Targets.narrow(1, between, rows).eq(NoTarget), NoTarget);
        return targets;
    }

    /// <summary>Counts the targets at a depth.</summary>
    public long TargetCount(int depth)
    {
        using var scope = NewDisposeScope();
        return TargetsAt(depth).ne(NoTarget).sum().ToInt64();
    }

    private static Tensor DefaultPositions(Tensor tokens)
    {
        using var row = arange(tokens.shape[1]);
        return row.expand(tokens.shape[0], -1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Tokens.Dispose();
        Targets.Dispose();
        Positions.Dispose();
        Documents?.Dispose();
        Packed?.Dispose();
    }
}
