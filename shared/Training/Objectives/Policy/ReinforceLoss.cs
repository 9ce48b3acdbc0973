using static TorchSharp.torch;

namespace Distributed.Training.Objectives.Policy;

/// <summary>The REINFORCE loss of each token, -A log pi (Williams 1992), where A is the return minus a baseline.</summary>
public static class ReinforceLoss
{
    /// <summary>Loss of each token, [N].</summary>
    /// <param name="logProbabilities">log pi, [N].</param>
    /// <param name="advantages">A, [N], without a gradient.</param>
    public static Tensor Of(Tensor logProbabilities, Tensor advantages) => -advantages * logProbabilities;
}
