using Distributed.Models;
using Distributed.Models.Layers;
using Distributed.Planning;

namespace Distributed.Benchmarks.Steps;

/// <summary>
/// Memory of training on one rank with fused kernels, in bytes, from the shape of a network with latent attention.
/// <code>s bytes of an element (bf16 2, fp32 4, fp64 8)   w bytes of a wide one (4, or 8 for fp64)   D width   Q, C compressed query and
/// key-value H heads   N + P, V widths of heads   E experts   K chosen   I inner width   F shared experts' inner width</code>
/// </summary>
internal static class MemoryFormula
{
    /// <summary>Bytes per parameter: weight, gradient, two moments, and a master if the weight is narrower.</summary>
    public static double PerParameter(Precision precision)
    {
        var (s, w) = Sizes(precision);
        return s + w + 2 * w + (s < w ? w : 0);
    }

    /// <summary>Bytes kept per token between forward and backward.</summary>
    public static double PerToken(DecoderConfig config, Precision precision, Recomputation recomputation)
    {
        var (s, w) = Sizes(precision);
        var latent = (LatentAttentionShape)config.Attention;
        double D = config.HiddenSize, Q = latent.QLoraRank ?? 0, C = latent.KvLoraRank, H = latent.NumAttentionHeads,
            N = latent.QkNopeHeadDim, P = latent.QkRopeHeadDim, V = latent.VHeadDim;
        double E = config.NRoutedExperts, K = config.NumExpertsPerTok, I = config.MoeIntermediateSize, F = config.NSharedExperts * I;

        var crossing = s * 2 * D                    // residual stream, norm after attention
            + w * K + 8 * K                         // router weights and ids
            + 16 * K;                               // the plan: row and slot of each assignment
        var results = s * 3 * D;                    // attention with residual, routed experts, shared experts
        var attention = s * (D + 2 * Q + 2 * C + 2 * H * (N + P) + 2 * H * V) // inputs of products and norms, heads, result
            + w * (H + 3);                          // one sum per head, one scale per norm
        var router = (s < w ? w * D : 0) + w * 2 * E; // its wide input, logits and scores
        var experts = s * 2 * I * K;                // gate and up
        var shared = s * 3 * F;                     // gate, up and their product
        var layer = crossing + (recomputation == Recomputation.Layers ? 0 : results + attention + router + experts + shared);
        return config.NumHiddenLayers * layer + s * 3 * D; // the last layer's result, its norm, and the head's gradient
    }

    /// <summary>Returns the size of an element and of a wide element, in bytes.</summary>
    public static (int Element, int Wide) Sizes(Precision precision) => precision switch
    {
        Precision.Bf16 => (2, 4),
        Precision.Fp32 => (4, 4),
        Precision.Fp64 => (8, 8),
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "The precision must be resolved: bf16, fp32 or fp64."),
    };
}
