namespace Distributed.Rollouts.Generation;

/// <summary>Why a sequence ended; where several hold, the first.</summary>
public enum StopReason
{
    /// <summary>A stop token was drawn; it is the sequence's last token.</summary>
    StopToken,

    /// <summary>As many tokens were generated as were asked for.</summary>
    MaxTokens,

    /// <summary>Prompt and generated tokens together fill the network's context, <c>max_position_embeddings</c>.</summary>
    ContextFull,
}
