using Distributed.Models.DeepSeekV3;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Forward;

namespace Distributed.Training.Steps;

/// <summary>What losses are divided by: counts over all ranks and micro-batches of a step.</summary>
/// <param name="Sequences">Sequences of the global batch.</param>
/// <param name="Tokens">Tokens of the global batch.</param>
/// <param name="Targets">Tokens with a target, trunk first and then by MTP depth; at least 1.</param>
/// <param name="RoutedTokens">Tokens that pass each layer with experts: fewer in MTP modules.</param>
public sealed record GlobalCounts(long Sequences, long Tokens, IReadOnlyList<long> Targets, IReadOnlyList<long> RoutedTokens)
{
    /// <summary>Counts this rank's batches and sums over the ranks.</summary>
    public static GlobalCounts Of(IReadOnlyList<TokenBatch> batches, DeepSeekV3Model model, ICollectives collectives)
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
