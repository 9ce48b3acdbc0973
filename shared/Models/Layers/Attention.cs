using Distributed.Tensors;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>The attention product with a cache, shared by all attention layers.</summary>
public static class Attention
{
    /// <summary>
    /// Computes the attention weights of new tokens over all tokens so far, softmax(scale q.k) in the wide type: the i-th of S new
    /// tokens attends to itself and all preceding tokens.
    /// </summary>
    /// <param name="scores">q.k, [..., S, L]; the new tokens are the last of the L.</param>
    /// <param name="scale">Factor on q.k.</param>
    public static Tensor Weights(Tensor scores, double scale)
    {
        var (S, L) = (scores.size(-2), scores.size(-1));
        var scaled = scores.to(WideType.Of(scores.dtype)) * scale;
        if (S > 1) scaled = scaled.masked_fill(ones(S, L, ScalarType.Bool).triu(L - S + 1), double.NegativeInfinity);
        return scaled.softmax(-1).to(scores.dtype);
    }
}
