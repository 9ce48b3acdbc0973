using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>Attention of a decoder layer, projections included. B sequences, S tokens, D width.</summary>
public interface IAttention
{
    /// <summary>Computes attention among the tokens of x, [B, S, D] to [B, S, D].</summary>
    Tensor Forward(Activation x, AttentionContext context);

    /// <summary>
    /// Computes causal attention of new tokens x [B, S, D] over the cached tokens and themselves, and appends the new tokens to the
    /// cache.
    /// </summary>
    Tensor Forward(Tensor x, AttentionContext context, AttentionCache cache);
}
