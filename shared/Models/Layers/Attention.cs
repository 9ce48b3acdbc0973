using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>The attention product shared by all attention layers.</summary>
public static class Attention
{
    /// <summary>Computes softmax(scale q k^T) v, [B, S, H, V], with a causal mask or with the given one.</summary>
    /// <param name="query">[B, S, H, K].</param>
    /// <param name="key">[B, S, G, K]; H is a multiple of G.</param>
    /// <param name="value">[B, S, G, V].</param>
    /// <param name="scale">Factor on q.k.</param>
    /// <param name="mask">
    /// Boolean [B, 1, S, S], true where a query attends to a key; false for all later keys. Null for a causal mask.
    /// </param>
    /// <param name="kernels">Implementation: fused kernels or plain operators.</param>
    /// <param name="recomputed">Recomputes queries, keys and values in backward; null if they are kept.</param>
    public static Tensor Mix(Tensor query, Tensor key, Tensor value, double scale, Tensor? mask, KernelChoice kernels,
        RecomputedTensors? recomputed = null) =>
        kernels == KernelChoice.Fused && AttentionKernel.IsAvailable
            ? AttentionKernel.Apply(query, key, value, scale, mask, recomputed)
            : AttentionKernel.Plain(query, key, value, scale, mask);

    /// <summary>
    /// Computes the attention weights of new tokens over all tokens so far, softmax(scale q.k) in the wide type: the i-th of S new
    /// tokens attends to itself and all preceding tokens.
    /// </summary>
    /// <param name="scores">q.k, [..., S, L]; the new tokens are the last of the L.</param>
    /// <param name="scale">Factor on q.k.</param>
    public static Tensor Weights(Tensor scores, double scale)
    {
        var (S, L) = (scores.size(-2), scores.size(-1));
        var scaled = scores.to(WideOf(scores.dtype)) * scale;
        if (S > 1) scaled = scaled.masked_fill(ones(S, L, ScalarType.Bool).triu(L - S + 1), double.NegativeInfinity);
        return scaled.softmax(-1).to(scores.dtype);
    }

    /// <summary>The type in which values of the given type are summed: fp32 for bf16, otherwise the type itself.</summary>
    public static ScalarType WideOf(ScalarType type) => type == ScalarType.BFloat16 ? ScalarType.Float32 : type;
}
