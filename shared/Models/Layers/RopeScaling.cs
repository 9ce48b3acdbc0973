namespace Distributed.Models.Layers;

/// <summary>YaRN's stretching of the rotary frequencies (Peng et al. 2023, section 3; <c>rope_scaling</c> of type <c>yarn</c>).</summary>
public sealed record YarnScaling
{
    /// <summary>How many times longer the context becomes (s of the paper), above 0.</summary>
    public required double Factor { get; init; }

    /// <summary>Context length that the model was trained with, in tokens.</summary>
    public required int OriginalMaxPositionEmbeddings { get; init; }

    /// <summary>Rotations within the original context above which a frequency is left alone (beta of the paper).</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>Rotations below which a frequency is divided by the factor (alpha of the paper).</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>Coefficient of the attention temperature applied to cos and sin; 0 means unset.</summary>
    public double Mscale { get; init; }

    /// <summary>Coefficient of the attention temperature applied to the softmax scale; 0 means unset.</summary>
    public double MscaleAllDim { get; init; }

    /// <summary>Factor on cos and sin given outright; null derives it from the two coefficients.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>The temperature 0.1 m ln(s) + 1 (YaRN eq. 22), 1 where nothing is stretched.</summary>
    public static double Temperature(double factor, double coefficient) =>
        factor <= 1 ? 1 : 0.1 * coefficient * Math.Log(factor) + 1;

    /// <summary>The factor on cos and sin.</summary>
    public double CosSinFactor => AttentionFactor
        ?? (Mscale != 0 && MscaleAllDim != 0
            ? Temperature(Factor, Mscale) / Temperature(Factor, MscaleAllDim)
            : Temperature(Factor, 1));

    /// <summary>The factor on the softmax scale: the squared temperature of all dimensions, 1 where it is unset.</summary>
    public double SoftmaxFactor => MscaleAllDim == 0 ? 1 : Math.Pow(Temperature(Factor, MscaleAllDim), 2);
}
