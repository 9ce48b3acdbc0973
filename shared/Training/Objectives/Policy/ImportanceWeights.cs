using static TorchSharp.torch;

namespace Distributed.Training.Objectives.Policy;

/// <summary>
/// Weights that correct for the difference between the policy as the sampling engine computed it (mu) and as the learner computes it
/// (pi_old): truncated importance sampling. Weights have no gradient.
/// </summary>
public static class ImportanceWeights
{
    /// <summary>Weight of each token, min(pi_old / mu, cap), [N].</summary>
    /// <param name="old">log pi_old, [N].</param>
    /// <param name="sampled">log mu, [N].</param>
    /// <param name="cap">Largest weight, above 0.</param>
    public static Tensor OfTokens(Tensor old, Tensor sampled, double cap) => Ratio(old, sampled).clamp_max(cap);

    /// <summary>One weight per sequence, min(prod pi_old / mu, cap), repeated for its tokens, [N].</summary>
    /// <param name="old">log pi_old, [N].</param>
    /// <param name="sampled">log mu, [N].</param>
    /// <param name="responses">The sequences of the tokens.</param>
    /// <param name="cap">Largest weight, above 0.</param>
    public static Tensor OfSequences(Tensor old, Tensor sampled, Responses responses, double cap) =>
        responses.Spread(responses.Sum((old - sampled).detach()).exp().clamp_max(cap));

    /// <summary>
    /// Weight pi_old / mu of each token, or 0 outside [<paramref name="low"/>, <paramref name="high"/>]: tokens on which the engines
    /// disagree do not count (IcePop).
    /// </summary>
    /// <param name="old">log pi_old, [N].</param>
    /// <param name="sampled">log mu, [N].</param>
    /// <param name="low">Smallest weight that counts.</param>
    /// <param name="high">Largest weight that counts.</param>
    public static Tensor InBand(Tensor old, Tensor sampled, double low, double high)
    {
        var ratio = Ratio(old, sampled);
        return where(ratio.ge(low).logical_and(ratio.le(high)), ratio, zeros_like(ratio));
    }

    /// <summary>Divides the weights by their mean over the global batch, so that they do not change the scale of the loss.</summary>
    /// <param name="weights">Weights, [N].</param>
    /// <param name="sum">Sum of the weights over the global batch.</param>
    /// <param name="tokens">Number of tokens of the global batch.</param>
    public static Tensor Normalise(Tensor weights, double sum, long tokens) => weights * (tokens / sum);

    private static Tensor Ratio(Tensor old, Tensor sampled) => (old - sampled).detach().exp();
}
