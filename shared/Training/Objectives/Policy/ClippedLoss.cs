using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Objectives.Policy;

/// <summary>Bounds of a policy ratio.</summary>
/// <param name="Low">The ratio counts down to 1 - Low; 0 to 1.</param>
/// <param name="High">
/// The ratio counts up to 1 + High, at least 0; above Low it is "clip-higher" (DAPO, Yu et al. 2025, section 3.1).
/// </param>
/// <param name="Dual">
/// Largest loss of a token with a negative advantage, as a multiple of its magnitude; above 1 (dual-clip PPO, Ye et al. 2020, eq. 5). Null
/// for no such bound.
/// </param>
public sealed record ClipRange(double Low = 0.2, double High = 0.2, double? Dual = null);

/// <summary>
/// The clipped surrogate loss of each token, -min(r A, clip(r, 1 - low, 1 + high) A) (PPO, Schulman et al. 2017, eq. 7). PPO, GRPO, DAPO
/// and GSPO differ in their ratio, advantage and aggregation only.
/// </summary>
public static class ClippedLoss
{
    /// <summary>Loss of each token, [N].</summary>
    /// <param name="ratio">r, [N].</param>
    /// <param name="advantages">A, [N], without a gradient.</param>
    /// <param name="clip">The bounds.</param>
    public static Tensor Of(Tensor ratio, Tensor advantages, ClipRange clip)
    {
        var loss = maximum(-ratio * advantages, -ratio.clamp(1 - clip.Low, 1 + clip.High) * advantages);
        return clip.Dual is { } dual ? where(advantages < 0, minimum(loss, -dual * advantages), loss) : loss;
    }

    /// <summary>Fraction of the tokens for which the clipped term is the larger loss, so that the token has no gradient.</summary>
    public static double ClippedFraction(Tensor ratio, Tensor advantages, ClipRange clip)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return (-ratio.clamp(1 - clip.Low, 1 + clip.High) * advantages > -ratio * advantages).to_type(ScalarType.Float64).mean().ToDouble();
    }
}
