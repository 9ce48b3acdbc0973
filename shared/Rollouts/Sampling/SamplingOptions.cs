using System.Collections.Immutable;

namespace Distributed.Rollouts.Sampling;

/// <summary>How tokens are drawn, and when a sequence ends.</summary>
public sealed record SamplingOptions
{
    /// <summary>Divides the logits, 0 or more; 0 always takes the likeliest token. Default: 1, the network's own distribution.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>
    /// Draws from the smallest set of likeliest tokens that together have this probability (nucleus sampling, Holtzman
    /// et al. 2020, section 3.1), above 0 and at most 1. Default: 1, all tokens.
    /// </summary>
    public double TopP { get; init; } = 1;

    /// <summary>Draws from this many likeliest tokens, of which <see cref="TopP"/> then takes its set; 0 for all. Default: 0.</summary>
    public int TopK { get; init; }

    /// <summary>Tokens generated at most, 1 or more. Default: 256.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Seed of all draws; with it, a sequence's number and a position determine a draw. Default: 0.</summary>
    public long Seed { get; init; }

    /// <summary>Tokens that end a sequence, such as end-of-text; they are part of what was generated. Default: none.</summary>
    public ImmutableArray<int> StopTokens { get; init; } = [];

    /// <summary>Everything that is wrong with the settings, one sentence each; empty where nothing is.</summary>
    /// <param name="vocabulary">Number of tokens that the stop tokens come from; null to leave their upper end unchecked.</param>
    public IEnumerable<string> Validate(int? vocabulary = null)
    {
        if (!(Temperature >= 0 && double.IsFinite(Temperature))) yield return $"Temperature is {Temperature}; it must be 0 (always the likeliest token) or more.";
        if (!(TopP > 0 && TopP <= 1)) yield return $"TopP is {TopP}; it must be more than 0 and at most 1 (all tokens).";
        if (TopK < 0) yield return $"TopK is {TopK}; it must be 0 (all tokens) or more.";
        if (MaxTokens < 1) yield return $"MaxTokens is {MaxTokens}; it must be 1 or more.";
        if (StopTokens.IsDefault) yield return "StopTokens is not set; it must be a list of token ids, and may be empty.";
        else if (StopTokens.Where(token => token < 0 || token >= vocabulary).ToArray() is { Length: > 0 } strangers)
            yield return $"StopTokens has {string.Join(", ", strangers)}; {(vocabulary is { } size ? $"tokens are 0 to {size - 1}" : "tokens are 0 or more")}.";
    }
}
