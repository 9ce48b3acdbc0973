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
    public static Tensor Mix(Tensor query, Tensor key, Tensor value, double scale, Tensor? mask, KernelChoice kernels, Remade? again = null) =>
        kernels == KernelChoice.Fused && AttentionKernel.IsAvailable
            ? AttentionKernel.Apply(query, key, value, scale, mask, again)
            : AttentionKernel.Plain(query, key, value, scale, mask);

    /// <summary>The type for sums over values of the given type: fp32 for bf16, else the type itself.</summary>
    public static ScalarType WideOf(ScalarType type) => type == ScalarType.BFloat16 ? ScalarType.Float32 : type;
}
