using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Objectives.Policy;

/// <summary>
/// The clipped value loss of each token, max((V - R)^2, (clip(V, V_old - range, V_old + range) - R)^2) / 2 (the loss of the PPO
/// implementation in OpenAI Baselines).
/// </summary>
public static class ValueLoss
{
    /// <summary>Loss of each token, [N].</summary>
    /// <param name="values">V, [N].</param>
    /// <param name="old">Values when the tokens were sampled, V_old, [N], without a gradient.</param>
    /// <param name="returns">Returns R, [N], without a gradient.</param>
    /// <param name="range">Largest change of a value that counts; null does not clip.</param>
    public static Tensor Of(Tensor values, Tensor old, Tensor returns, double? range)
    {
        var plain = (values - returns).square();
        return (range is { } width ? maximum(plain, (Clip(values, old, width) - returns).square()) : plain) / 2;
    }

    /// <summary>Fraction of the tokens for which the clipped term is the larger loss.</summary>
    public static double ClippedFraction(Tensor values, Tensor old, Tensor returns, double range)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return ((Clip(values, old, range) - returns).square() > (values - returns).square()).to_type(ScalarType.Float64).mean().ToDouble();
    }

    private static Tensor Clip(Tensor values, Tensor old, double range) => maximum(minimum(values, old + range), old - range);
}
