using Distributed.Models;
using Distributed.Models.Layers;
using Distributed.Tensors;
using static TorchSharp.torch;

namespace Distributed.Rollouts.Generation;

/// <summary>
/// Runs the network on a batch of sequences of equal length with a cache. Each call appends new tokens; attention reads the earlier tokens
/// from the layers' caches. This class is not thread-safe.
/// <code>B sequences   S new tokens   L cached tokens   D width   V vocabulary</code>
/// </summary>
/// <param name="model">The network, with all of its experts; the caller disposes it.</param>
public sealed class CachedForward(Decoder model) : IDisposable
{
    private readonly AttentionCache[] _caches = [.. model.Layers.Select(_ => new AttentionCache())];

    /// <summary>Number L of cached tokens of each sequence.</summary>
    public int Length { get; private set; }

    /// <summary>Number B of sequences; 0 before the first tokens.</summary>
    public int Sequences { get; private set; }

    /// <summary>Appends new tokens and returns the logits of the next token. No gradients are recorded.</summary>
    /// <param name="tokens">Token ids [B, S], int64, with S at least 1. B is the same in all calls.</param>
    /// <returns>Logits [B, V] in float32 or float64; the caller disposes them.</returns>
    /// <exception cref="GenerationException">The sequences would be longer than the network's context.</exception>
    public Tensor Read(Tensor tokens)
    {
        using var withoutGraph = no_grad();
        using var scope = NewDisposeScope();
        var normed = Append(tokens);                                          // [B, S, D]
        var logits = model.Head(normed.select(1, normed.shape[1] - 1));       // [B, V]
        return logits.to(WideType.Of(logits.dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>Appends prompts in pieces, which limits the memory of attention scores, and returns the logits of the next token.</summary>
    /// <param name="tokens">Token ids [B, S], int64.</param>
    /// <param name="piece">Tokens of a sequence in one forward, 1 or more.</param>
    /// <param name="cancellation">Checked between pieces.</param>
    /// <returns>Logits [B, V] in float32 or float64; the caller disposes them.</returns>
    /// <exception cref="GenerationException">The sequences would be longer than the network's context.</exception>
    public Tensor Prefill(Tensor tokens, int piece, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(piece, 1);
        using var withoutGraph = no_grad();
        var (start, count) = (0L, tokens.shape[1]);
        for (; count - start > piece; start += piece)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            Append(tokens.narrow(1, start, piece));
        }

        using var last = tokens.narrow(1, start, count - start);
        return Read(last);
    }

    /// <summary>Keeps only the given sequences, in the given order.</summary>
    /// <param name="rows">Indices of the sequences to keep, at least one.</param>
    public void Keep(IReadOnlyList<int> rows)
    {
        if (rows.Count == 0 || rows.Any(row => row < 0 || row >= Sequences))
        {
            throw new ArgumentException(
                $"The sequences to keep are [{string.Join(", ", rows)}]; at least one, each 0 to {Sequences - 1}, is needed.",
                nameof(rows));
        }

        using var withoutGraph = no_grad();
        using var scope = NewDisposeScope();
        var index = tensor(rows.Select(row => (long)row).ToArray());
        foreach (var cache in _caches) cache.Keep(index);
        Sequences = rows.Count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var cache in _caches) cache.Dispose();
    }

    // Appends the tokens and returns their hidden states after the final norm, [B, S, D].
    private Tensor Append(Tensor tokens)
    {
        if (tokens.dim() != 2 || tokens.shape[0] < 1 || tokens.shape[1] < 1 || (Length > 0 && tokens.shape[0] != Sequences))
        {
            throw new ArgumentException(
                $"Tokens are [{string.Join(", ", tokens.shape)}]; they must be [{(Length > 0 ? Sequences : "B")}, S] with S of 1 or more.",
                nameof(tokens));
        }

        int count = checked((int)tokens.shape[1]), context = model.Config.MaxPositionEmbeddings;
        if (Length + count > context)
        {
            throw new GenerationException(
                $"{count} token{(count == 1 ? "" : "s")} after the {Length} already read make {Length + count}; "
                + $"the network's context is max_position_embeddings = {context}. "
                + "Read fewer tokens, or use a network with a longer context.");
        }

        var positions = arange(Length, Length + count).unsqueeze(0).expand(tokens.shape[0], -1); // [B, S]
        var normed = model.Forward(tokens, model.Context(positions), _caches);
        (Length, Sequences) = (Length + count, checked((int)tokens.shape[0]));
        return normed;
    }
}
