using Distributed.Tensors.Processor;
using Distributed.Tensors.Scripting;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>The attention product shared by all attention layers.</summary>
public static class Attention
{
    /// <summary>softmax(scale q k^T) v, [B, H, S, V], causal unless a mask says who sees whom.</summary>
    /// <param name="query">[B, H, S, K].</param>
    /// <param name="key">[B, H, S, K].</param>
    /// <param name="value">[B, H, S, V].</param>
    /// <param name="scale">Factor on q.k.</param>
    /// <param name="mask">Boolean [B, 1, S, S], true where a query sees a key; null for causal.</param>
    public static Tensor ScaledDotProduct(Tensor query, Tensor key, Tensor value, double scale, Tensor? mask)
    {
        if (query.dtype == ScalarType.BFloat16 && !ProcessorFlags.MultipliesBf16) // a tenth of the time there
            return ScaledDotProduct(query.to(ScalarType.Float32), key.to(ScalarType.Float32), value.to(ScalarType.Float32), scale, mask).to(ScalarType.BFloat16);
        if (mask is not null) return ScriptedOperators.ScaledDotProductAttention(query, key, value, scale, mask);

        // The kernel that never holds all scores takes values as wide as keys only: zeros make up the difference.
        long K = key.shape[^1], V = value.shape[^1];
        if (V >= K) return ScriptedOperators.ScaledDotProductAttention(query, key, value, scale, causal: true);
        var padded = nn.functional.pad(value, [0, K - V]);
        return ScriptedOperators.ScaledDotProductAttention(query, key, padded, scale, causal: true).narrow(-1, 0, V);
    }

    /// <summary>The type for sums over values of the given type: fp32 for bf16, else the type itself.</summary>
    public static ScalarType WideOf(ScalarType type) => type == ScalarType.BFloat16 ? ScalarType.Float32 : type;
}
