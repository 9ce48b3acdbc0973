using Distributed.Models;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Forward;
using Distributed.Training.Objectives;

namespace Distributed.Training.Steps;

/// <summary>Counts over all ranks and micro-batches of a step: the divisors of the losses.</summary>
/// <param name="Sequences">Number of sequences of the global batch.</param>
/// <param name="Tokens">Number of tokens of the global batch, without padding.</param>
/// <param name="Targets">
/// Number of terms of the loss: of the trunk's objective, then of the tokens with a target by MTP depth; each at least 1.
/// </param>
/// <param name="RoutedTokens">Number of tokens that pass through each layer with experts; MTP modules have fewer.</param>
public sealed record GlobalCounts(long Sequences, long Tokens, IReadOnlyList<long> Targets, IReadOnlyList<long> RoutedTokens)
{
    /// <summary>Counts this rank's batches and sums over all ranks. Every rank must call it.</summary>
    /// <param name="step">Steps committed before, for the message.</param>
    /// <param name="batches">This rank's micro-batches.</param>
    /// <param name="model">The network.</param>
    /// <param name="objective">Determines the terms of the trunk's loss.</param>
    /// <param name="collectives">Collectives over all ranks.</param>
    /// <exception cref="TrainingException">The global batch has no term, so that its loss is not defined.</exception>
    public static GlobalCounts Of(
        long step, IReadOnlyList<TokenBatch> batches, Decoder model, IObjective objective, ICollectives collectives)
    {
        var depths = model.Mtp.Count + 1;
        var counts = new long[1 + 2 * depths];
        var tokens = counts.AsSpan(1, depths);
        var terms = counts.AsSpan(1 + depths);
        foreach (var batch in batches)
        {
            counts[0] += batch.SequenceCount;
            terms[0] += objective.TermsOf(batch);
            for (var depth = 0; depth < depths; depth++) tokens[depth] += batch.TokenCount(depth);
            for (var depth = 1; depth < depths; depth++) terms[depth] += batch.TargetCount(depth);
        }

        collectives.AllReduceSum(counts.AsSpan());
        if (terms[0] == 0)
        {
            throw new TrainingException($"Step {step + 1}: the global batch of {tokens[0]} tokens has no {objective.Term}, "
                + "so its loss is not defined. Use a larger training.global_batch.");
        }

        var byDepth = tokens.ToArray();
        var routed = model.MoeLayers.Select(layer => byDepth[Math.Max(0, layer.Index - model.Config.NumHiddenLayers + 1)]);
        return new GlobalCounts(counts[0], byDepth[0], [.. terms.ToArray().Select(count => Math.Max(1, count))], [.. routed]);
    }
}
