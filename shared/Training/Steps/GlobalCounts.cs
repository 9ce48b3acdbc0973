using Distributed.Models;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Forward;

namespace Distributed.Training.Steps;

/// <summary>Counts over all ranks and micro-batches of a step: the divisors of the losses.</summary>
/// <param name="Sequences">Number of sequences of the global batch.</param>
/// <param name="Tokens">Number of tokens of the global batch.</param>
/// <param name="Targets">Number of tokens with a target, first for the main model, then by MTP depth; each at least 1.</param>
/// <param name="RoutedTokens">Number of tokens that pass through each layer with experts; MTP modules have fewer.</param>
public sealed record GlobalCounts(long Sequences, long Tokens, IReadOnlyList<long> Targets, IReadOnlyList<long> RoutedTokens)
{
    /// <summary>Counts this rank's batches and sums over all ranks. Every rank must call it.</summary>
    public static GlobalCounts Of(IReadOnlyList<TokenBatch> batches, Decoder model, ICollectives collectives)
    {
        var depths = model.Mtp.Count + 1;
        var counts = new long[2 + depths];
        foreach (var batch in batches)
        {
            counts[0] += batch.Sequences;
            counts[1] += batch.Sequences * batch.Length;
            for (var depth = 0; depth < depths; depth++) counts[2 + depth] += batch.TargetCount(depth);
        }

        collectives.AllReduceSum(counts.AsSpan());
        var (sequences, tokens) = (counts[0], counts[1]);
        var routed = model.MoeLayers.Select(layer => tokens - sequences * Math.Max(0, layer.Index - model.Config.NumHiddenLayers + 1));
        return new GlobalCounts(sequences, tokens, [.. counts[2..].Select(count => Math.Max(1, count))], [.. routed]);
    }
}
