using Distributed.Models;
using Distributed.Models.Accounting;

namespace Distributed.Benchmarks.Steps;

/// <summary>
/// Floating-point operations that the mathematics of a step requires: 6 for every token and every matrix weight that it passes (2 forward,
/// 4 backward), and the scores and weighted sums of causal attention. Padding, norms and recomputation are not counted.
/// </summary>
internal static class StepArithmetic
{
    private static readonly string[] NoMatrices = ["embedding", "norms"];

    /// <summary>Number of matrix weights that one token passes, without the embedding.</summary>
    public static long ActiveWeights(DecoderConfig config) =>
        ModelAccounting.Of(config).Parts.Where(part => !NoMatrices.Contains(part.Name)).Sum(part => part.Active);

    /// <summary>Number of operations in one step.</summary>
    public static double Of(DecoderConfig config, long sequences, long length)
    {
        var tokens = sequences * length;
        var pairs = sequences * (double)length * length / 2; // pairs of a query and a key that it attends to
        var attention = 6 * pairs * config.NumHiddenLayers * config.Attention.NumAttentionHeads
            * (config.Attention.QkHeadDim + config.Attention.ValueHeadDim);
        return 6.0 * ActiveWeights(config) * tokens + attention;
    }
}
