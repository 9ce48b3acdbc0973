using Distributed.Models.Layers;
using static TorchSharp.torch;

namespace Distributed.Models.DeepSeekV3;

/// <summary>Attention of a decoder layer, projections included. B sequences, S tokens, D width.</summary>
public interface IAttention
{
    /// <summary>Attention among the tokens of x, [B, S, D] to [B, S, D].</summary>
    Tensor Forward(Activation x, AttentionContext context);

    /// <summary>
    /// Attention of new tokens x [B, S, D] over all cached ones and themselves, causal; what later tokens need of them is appended
    /// to the cache.
    /// </summary>
    Tensor Forward(Tensor x, AttentionContext context, AttentionCache cache);
}
