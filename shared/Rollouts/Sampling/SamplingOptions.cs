using System.Collections.Immutable;

namespace Distributed.Rollouts.Sampling;

/// <summary>Sampling settings and stop conditions of generation.</summary>
public sealed record SamplingOptions
{
    /// <summary>
    /// Divisor of the logits, 0 or more; 0 always selects the likeliest token. Default: 1, the network's own distribution.
    /// </summary>
    public double Temperature { get; init; } = 1;

    /// <summary>
    /// Probability mass of nucleus sampling (Holtzman et al. 2020, section 3.1): tokens are drawn from the smallest set of likeliest tokens
    /// with this total probability. Above 0 and at most 1. Default: 1, all tokens.
    /// </summary>
    public double TopP { get; init; } = 1;

    /// <summary>Number of likeliest tokens to draw from, before <see cref="TopP"/> is applied; 0 for all. Default: 0.</summary>
    public int TopK { get; init; }

    /// <summary>Largest number of generated tokens, 1 or more. Default: 256.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Seed. The seed, the number of a sequence and a position determine a draw. Default: 0.</summary>
    public long Seed { get; init; }

    /// <summary>Tokens that end a sequence, such as end-of-text; the result includes the stop token. Default: none.</summary>
    public ImmutableArray<int> StopTokens { get; init; } = [];

    /// <summary>Returns an error message for each setting out of range; empty if all settings are valid.</summary>
    /// <param name="vocabulary">Vocabulary size, to check the stop tokens; null does not check their upper limit.</param>
    public IEnumerable<string> Validate(int? vocabulary = null)
    {
        if (!(Temperature >= 0 && double.IsFinite(Temperature)))
            yield return $"Temperature is {Temperature}; it must be 0 (always the likeliest token) or more.";
        if (!(TopP > 0 && TopP <= 1)) yield return $"TopP is {TopP}; it must be more than 0 and at most 1 (all tokens).";
        if (TopK < 0) yield return $"TopK is {TopK}; it must be 0 (all tokens) or more.";
        if (MaxTokens < 1) yield return $"MaxTokens is {MaxTokens}; it must be 1 or more.";
        if (StopTokens.IsDefault) yield return "StopTokens is not set; it must be a list of token ids, and may be empty.";
        else if (StopTokens.Where(token => token < 0 || token >= vocabulary).ToArray() is { Length: > 0 } outOfRange)
        {
            var allowed = vocabulary is { } size ? $"tokens are 0 to {size - 1}" : "tokens are 0 or more";
            yield return $"StopTokens has {string.Join(", ", outOfRange)}; {allowed}.";
        }
    }
}
