using static TorchSharp.torch;

namespace Distributed.Training.Objectives;

/// <summary>The divisor of a sum of token losses.</summary>
public enum LossAggregation
{
    /// <summary>The number of response tokens: every token counts the same (DAPO, Yu et al. 2025, section 3.3).</summary>
    TokenMean,

    /// <summary>
    /// Each sequence's length, then the number of sequences: every sequence counts the same (GRPO, Shao et al. 2024, eq. 3).
    /// </summary>
    SequenceMean,

    /// <summary>
    /// The number of sequences times a constant length: a token's weight does not depend on its sequence's length (Dr. GRPO, Liu et al.
    /// 2025, section 3.2).
    /// </summary>
    Constant,
}

/// <summary>Counts of the global batch: of all ranks and micro-batches of an optimizer step.</summary>
/// <param name="Sequences">Number of sequences, at least 1.</param>
/// <param name="Tokens">Number of response tokens, at least 1.</param>
public readonly record struct GlobalResponses(long Sequences, long Tokens);

/// <summary>Weights of token losses; the weighted losses of all micro-batches and ranks add up to the loss of the global batch.</summary>
public static class TokenWeights
{
    /// <summary>Returns the weight of each token, [N], in the type of the losses.</summary>
    /// <param name="aggregation">The divisor.</param>
    /// <param name="responses">The tokens of this micro-batch.</param>
    /// <param name="global">Counts of the global batch.</param>
    /// <param name="type">Type of the losses.</param>
    /// <param name="constantLength">Length that <see cref="LossAggregation.Constant"/> divides by, in tokens; else ignored.</param>
    /// <exception cref="ArgumentException">The global batch is empty.</exception>
    public static Tensor Of(
        LossAggregation aggregation, Responses responses, GlobalResponses global, ScalarType type, int constantLength = 0)
    {
        if (global.Sequences < 1 || global.Tokens < 1)
            throw new ArgumentException($"The global batch has {global.Sequences} sequences and {global.Tokens} response tokens; " +
                "a loss needs at least one of each.", nameof(global));
        switch (aggregation)
        {
            case LossAggregation.TokenMean: return full(responses.Tokens, 1.0 / global.Tokens, type);
            case LossAggregation.SequenceMean:
                return responses.Spread(1.0 / (responses.LengthOfSequence.to_type(type) * global.Sequences));
            case LossAggregation.Constant:
                ArgumentOutOfRangeException.ThrowIfLessThan(constantLength, 1);
                return full(responses.Tokens, 1.0 / (global.Sequences * (double)constantLength), type);
            default: throw new ArgumentOutOfRangeException(nameof(aggregation), aggregation, "Unknown aggregation.");
        }
    }
}
