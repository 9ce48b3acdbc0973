namespace Distributed.Rollouts.Generation;

/// <summary>Reason why a sequence ended. If several apply, the first one in this list counts.</summary>
public enum StopReason
{
    /// <summary>A stop token was drawn; it is the sequence's last token.</summary>
    StopToken,

    /// <summary>The requested number of tokens was generated.</summary>
    MaxTokens,

    /// <summary>Prompt and generated tokens together fill the network's context, <c>max_position_embeddings</c>.</summary>
    ContextFull,
}
