namespace Distributed.Models;

/// <summary>What follows the trunk of a network.</summary>
public enum DecoderHeads
{
    /// <summary>The output head: logits of the next token.</summary>
    LanguageModel,

    /// <summary>A score of each position, without an output head: a reward model.</summary>
    Score,

    /// <summary>Both: a policy and its value, which share the trunk.</summary>
    LanguageModelAndScore,
}
