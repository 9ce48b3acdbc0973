using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>The attention product shared by all attention layers.</summary>
public static class Attention
{
    /// <summary>softmax(scale q k^T) v, [B, S, H, V], causal unless a mask says who sees whom.</summary>
    /// <param name="query">[B, S, H, K].</param>
    /// <param name="key">[B, S, G, K]; H is a multiple of G.</param>
    /// <param name="value">[B, S, G, V].</param>
    /// <param name="scale">Factor on q.k.</param>
    /// <param name="mask">Boolean [B, 1, S, S], true where a query sees a key, never a later one; null for causal.</param>
    /// <param name="kernels">How it is computed.</param>
    /// <param name="again">Makes queries, keys and values again in backward; null where they are kept.</param>
    public static Tensor Mix(Tensor query, Tensor key, Tensor value, double scale, Tensor? mask, KernelChoice kernels, RecomputedTensors? again = null) =>
        kernels == KernelChoice.Fused && AttentionKernel.IsAvailable
            ? AttentionKernel.Apply(query, key, value, scale, mask, again)
            : AttentionKernel.Plain(query, key, value, scale, mask);

    /// <summary>
    /// The weights of new tokens' scores over all tokens so far, softmax(scale q.k) in the wide type: the i-th of S new tokens sees
    /// itself and all before it.
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

    /// <summary>The type for sums over values of the given type: fp32 for bf16, else the type itself.</summary>
    public static ScalarType WideOf(ScalarType type) => type == ScalarType.BFloat16 ? ScalarType.Float32 : type;
}
