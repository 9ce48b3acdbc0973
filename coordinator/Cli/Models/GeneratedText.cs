using Distributed.Rollouts.Generation;

namespace Distributed.Cli.Models;

/// <summary>Text that a network generated, and the reason why it ends.</summary>
/// <param name="Text">The generated text, without the prompt.</param>
/// <param name="PromptTokens">Number of tokens in the prompt.</param>
/// <param name="Tokens">Number of generated tokens, including the end-of-text token.</param>
/// <param name="RequestedTokens">Requested maximum number of tokens.</param>
/// <param name="Context">Number of positions of the network: <c>model.max_position_embeddings</c>.</param>
/// <param name="Stop">The reason why generation stopped.</param>
internal sealed record GeneratedText(string Text, int PromptTokens, int Tokens, int RequestedTokens, int Context, StopReason Stop)
{
    /// <summary>The reason in JSON: <c>end_of_text</c>, <c>tokens</c> or <c>context</c>.</summary>
    public string StopWord => Stop switch
    {
        StopReason.StopToken => "end_of_text",
        StopReason.MaxTokens => "tokens",
        StopReason.ContextFull => "context",
        _ => throw new InvalidOperationException($"Unknown stop reason {Stop}."),
    };

    /// <summary>A remark if the context was full before the text or the requested tokens ended; otherwise null.</summary>
    public string? Remark => Stop != StopReason.ContextFull ? null
        : $"the text stops at the end of the context, after {Tokens} of {RequestedTokens} tokens: the prompt has {PromptTokens}, "
            + $"and the network {Context} positions (model.max_position_embeddings)";
}
