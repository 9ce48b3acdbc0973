using static TorchSharp.torch;

namespace Distributed.Training.Objectives.Policy;

/// <summary>Probability of a token under the policy in training, relative to the policy that sampled it.</summary>
public static class PolicyRatio
{
    /// <summary>Ratio of each token: r = pi(token) / pi_old(token) (PPO, Schulman et al. 2017, section 3).</summary>
    /// <param name="logProbabilities">log pi, [N].</param>
    /// <param name="old">log pi_old, [N], without a gradient.</param>
    public static Tensor OfTokens(Tensor logProbabilities, Tensor old) => (logProbabilities - old).exp();

    /// <summary>
    /// Ratio of pi to itself without a gradient: 1, with the gradient of log pi. For one update per batch, when pi_old is pi (GRPO as
    /// written in its first implementations).
    /// </summary>
    /// <param name="logProbabilities">log pi, [N].</param>
    public static Tensor OfItself(Tensor logProbabilities) => (logProbabilities - logProbabilities.detach()).exp();

    /// <summary>
    /// One ratio per sequence, s = exp(mean over tokens of log r), repeated for its tokens (GSPO, Zheng et al. 2025, eq. 7).
    /// </summary>
    /// <param name="logProbabilities">log pi, [N].</param>
    /// <param name="old">log pi_old, [N], without a gradient.</param>
    /// <param name="responses">The sequences of the tokens.</param>
    public static Tensor OfSequences(Tensor logProbabilities, Tensor old, Responses responses) =>
        responses.Spread(responses.Mean(logProbabilities - old).exp());
}
