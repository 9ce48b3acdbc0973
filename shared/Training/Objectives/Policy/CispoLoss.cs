using static TorchSharp.torch;

namespace Distributed.Training.Objectives.Policy;

/// <summary>
/// The CISPO loss of each token, -stop(clip(r)) A log pi (MiniMax-M1, MiniMax 2025, eq. 4): the clipped ratio is a weight without a
/// gradient, so that no token loses its gradient.
/// </summary>
public static class CispoLoss
{
    /// <summary>Loss of each token, [N].</summary>
    /// <param name="logProbabilities">log pi, [N].</param>
    /// <param name="ratio">r, [N]; its gradient is not used.</param>
    /// <param name="advantages">A, [N], without a gradient.</param>
    /// <param name="maxRatio">Upper bound of the ratio.</param>
    /// <param name="minRatio">Lower bound of the ratio; 0 for none.</param>
    public static Tensor Of(Tensor logProbabilities, Tensor ratio, Tensor advantages, double maxRatio, double minRatio = 0) =>
        -ratio.detach().clamp(minRatio, maxRatio) * advantages * logProbabilities;
}
