using Distributed.Models.Accounting;
using Distributed.Models.DeepSeekV3;

namespace Distributed.Benchmarks.Steps;

/// <summary>
/// Floating-point operations of a step that the mathematics asks for: 6 for every token and every weight of a matrix that it
/// passes (2 forward, 4 back), and the scores and mixtures of causal attention. Nothing for padding, norms, or doing anything twice.
/// </summary>
internal static class StepArithmetic
{
    private static readonly string[] NoMatrices = ["embedding", "norms"];

    /// <summary>Weights of matrices that one token passes.</summary>
    public static long ActiveWeights(DeepSeekV3Config config) => ModelAccounting.Of(config).Parts.Where(part => !NoMatrices.Contains(part.Name)).Sum(part => part.Active);

    /// <summary>Operations of one step.</summary>
    public static double Of(DeepSeekV3Config config, long sequences, long length)
    {
        var tokens = sequences * length;
        var pairs = sequences * (double)length * length / 2; // of a query and a key that it sees
        var attention = 6 * pairs * config.NumHiddenLayers * config.NumAttentionHeads * (config.QkHeadDim + config.ValueHeadDim);
        return 6.0 * ActiveWeights(config) * tokens + attention;
    }
}
