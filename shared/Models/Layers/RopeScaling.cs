namespace Distributed.Models.Layers;

/// <summary>YaRN scaling of the rotary frequencies (Peng et al. 2023, section 3; <c>rope_scaling</c> of type <c>yarn</c>).</summary>
public sealed record YarnScaling
{
    /// <summary>Factor by which the context length is multiplied (s of the paper), above 0.</summary>
    public required double Factor { get; init; }

    /// <summary>Context length of the original training, in tokens.</summary>
    public required int OriginalMaxPositionEmbeddings { get; init; }

    /// <summary>Number of rotations within the original context above which a frequency is unchanged (beta of the paper).</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>
    /// Number of rotations within the original context below which a frequency is divided by the factor (alpha of the paper).
    /// </summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>Coefficient of the attention temperature applied to cos and sin; 0 means unset.</summary>
    public double Mscale { get; init; }

    /// <summary>Coefficient of the attention temperature applied to the softmax scale; 0 means unset.</summary>
    public double MscaleAllDim { get; init; }

    /// <summary>Explicit factor on cos and sin; null derives it from the two coefficients.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>Computes the temperature 0.1 m ln(s) + 1 (YaRN eq. 22); 1 for a factor s of at most 1.</summary>
    public static double Temperature(double factor, double coefficient) =>
        factor <= 1 ? 1 : 0.1 * coefficient * Math.Log(factor) + 1;

    /// <summary>The factor on cos and sin.</summary>
    public double CosSinFactor => AttentionFactor
        ?? (Mscale != 0 && MscaleAllDim != 0
            ? Temperature(Factor, Mscale) / Temperature(Factor, MscaleAllDim)
            : Temperature(Factor, 1));

    /// <summary>The factor on the softmax scale: the squared temperature of <see cref="MscaleAllDim"/>, 1 if that is unset.</summary>
    public double SoftmaxFactor => MscaleAllDim == 0 ? 1 : Math.Pow(Temperature(Factor, MscaleAllDim), 2);
}
