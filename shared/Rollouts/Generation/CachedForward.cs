using Distributed.Models.DeepSeekV3;
using Distributed.Models.Layers;
using static TorchSharp.torch;

namespace Distributed.Rollouts.Generation;

/// <summary>
/// A batch of sequences of one length that grows: each call reads new tokens, and what attention needs of those
/// before comes from the layers' caches. Belongs to one thread at a time.
/// <code>B sequences   S new tokens   L tokens so far   V vocabulary</code>
/// </summary>
/// <param name="model">The network, with all of its experts; stays the caller's.</param>
public sealed class CachedForward(DeepSeekV3Model model) : IDisposable
{
    private readonly AttentionCache[] _caches = [.. model.Layers.Select(_ => new AttentionCache())];

    /// <summary>Tokens L read so far, of each sequence.</summary>
    public int Length { get; private set; }

    /// <summary>Sequences B; 0 before the first tokens.</summary>
    public int Sequences { get; private set; }

    /// <summary>Reads new tokens and predicts the one after the last. No graph is kept.</summary>
    /// <param name="tokens">[B, S] int64, S at least 1, B as before.</param>
    /// <returns>Logits [B, V], in fp32 or fp64; the caller's to dispose of.</returns>
    /// <exception cref="GenerationException">The sequences would be longer than the network's context.</exception>
    public Tensor Read(Tensor tokens)
    {
        using var withoutGraph = no_grad();
        using var scope = NewDisposeScope();
        var normed = Append(tokens);                                          // [B, S, D]
        var logits = model.Head(normed.select(1, normed.shape[1] - 1));       // [B, V]
        return logits.to(Attention.WideOf(logits.dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>Reads prompts in pieces, so that attention's scores stay small, and predicts the token after the last.</summary>
    /// <param name="tokens">[B, S] int64.</param>
    /// <param name="piece">Tokens of a sequence read at once, 1 or more.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    /// <returns>As <see cref="Read"/>.</returns>
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

    /// <summary>Goes on with some of the sequences only, in the order given.</summary>
    /// <param name="rows">Indices of the sequences that stay, at least one.</param>
    public void Keep(IReadOnlyList<int> rows)
    {
        if (rows.Count == 0 || rows.Any(row => row < 0 || row >= Sequences))
            throw new ArgumentException($"The sequences to keep are [{string.Join(", ", rows)}]; at least one, each 0 to {Sequences - 1}, is needed.", nameof(rows));

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

    // Normed hidden states of the new tokens, [B, S, D].
    private Tensor Append(Tensor tokens)
    {
        if (tokens.dim() != 2 || tokens.shape[0] < 1 || tokens.shape[1] < 1 || (Length > 0 && tokens.shape[0] != Sequences))
            throw new ArgumentException($"Tokens are [{string.Join(", ", tokens.shape)}]; they must be [{(Length > 0 ? Sequences : "B")}, S] with S of 1 or more.", nameof(tokens));

        int count = checked((int)tokens.shape[1]), context = model.Config.MaxPositionEmbeddings;
        if (Length + count > context)
        {
            throw new GenerationException(
                $"{count} token{(count == 1 ? "" : "s")} after the {Length} already read make {Length + count}; the network's context is max_position_embeddings = {context}. "
                + "Read fewer tokens, or use a network with a longer context.");
        }

        var positions = arange(Length, Length + count).unsqueeze(0).expand(tokens.shape[0], -1); // [B, S]
        var normed = model.Forward(tokens, model.Context(positions), _caches);
        (Length, Sequences) = (Length + count, checked((int)tokens.shape[0]));
        return normed;
    }
}
