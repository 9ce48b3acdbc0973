using Distributed.Rollouts.Generation;

namespace Distributed.Cli.Models;

/// <summary>Text that a network has generated, and why it ends.</summary>
/// <param name="Text">Without the prompt.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="Tokens">Tokens generated, the end of the text included.</param>
/// <param name="Asked">Tokens asked for, at most.</param>
/// <param name="Context">Positions that the network has: <c>model.max_position_embeddings</c>.</param>
/// <param name="Stop">Why it ends.</param>
internal sealed record GeneratedText(string Text, int PromptTokens, int Tokens, int Asked, int Context, StopReason Stop)
{
    /// <summary>The reason for programs: <c>end_of_text</c>, <c>tokens</c> or <c>context</c>.</summary>
    public string StopWord => Stop switch
    {
        StopReason.StopToken => "end_of_text",
        StopReason.MaxTokens => "tokens",
        StopReason.ContextFull => "context",
        _ => throw new InvalidOperationException($"No such reason: {Stop}"),
    };

    /// <summary>What to say of a text that ends before its author or its reader wanted; null for every other.</summary>
    public string? Remark => Stop != StopReason.ContextFull ? null
        : $"the text stops at the end of the context, after {Tokens} of {Asked} tokens: the prompt has {PromptTokens}, and the network {Context} positions (model.max_position_embeddings)";
}
