using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parallel.Forward;

/// <summary>
/// The sequences of one rank in one micro-batch.
/// <code>B sequences, possibly none   S tokens each</code>
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
    public TokenBatch(Tensor tokens, Tensor targets, Tensor? positions = null, Tensor? documents = null)
    {
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

    /// <summary>Number of sequences B.</summary>
    public long Sequences => Tokens.shape[0];

    /// <summary>Tokens per sequence S.</summary>
    public long Length => Tokens.shape[1];

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
    }
}
