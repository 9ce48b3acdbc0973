using static TorchSharp.torch;

namespace Distributed.Training.Objectives.Policy;

/// <summary>An estimator of KL(pi || pi_ref) from one sampled token (Schulman 2020, "Approximating KL divergence").</summary>
public enum KlEstimator
{
    /// <summary>
    /// log pi - log pi_ref: unbiased, of either sign. In a loss its gradient is zero in expectation; use it in the reward.
    /// </summary>
    K1,

    /// <summary>(log pi - log pi_ref)^2 / 2: biased, never negative; its gradient is that of the KL divergence.</summary>
    K2,

    /// <summary>exp(log pi_ref - log pi) - (log pi_ref - log pi) - 1: unbiased, never negative (GRPO, Shao et al. 2024, eq. 4).</summary>
    K3,
}

/// <summary>Estimates of the KL divergence to a reference policy, per token.</summary>
public static class KlEstimate
{
    // exp(20) is 4.9e8: a token that far from the reference has a bounded loss and a finite gradient.
    private const double LargestExponent = 20;

    /// <summary>Estimate of each token for a loss, [N].</summary>
    /// <param name="estimator">k2 or k3.</param>
    /// <param name="logProbabilities">log pi, [N].</param>
    /// <param name="reference">log pi_ref, [N], without a gradient.</param>
    /// <exception cref="ArgumentException">The estimator is k1.</exception>
    public static Tensor InLoss(KlEstimator estimator, Tensor logProbabilities, Tensor reference) => estimator == KlEstimator.K1
        ? throw new ArgumentException("k1 in a loss has no effect: the gradient of log pi - log pi_ref is that of log pi, which is zero in "
            + "expectation over samples of pi. Use k2 or k3 in the loss, or k1 in the reward.", nameof(estimator))
        : Of(estimator, logProbabilities, reference);

    /// <summary>Estimate of each token, [N], with a gradient through <paramref name="logProbabilities"/>.</summary>
    /// <param name="estimator">The estimator.</param>
    /// <param name="logProbabilities">log pi, [N].</param>
    /// <param name="reference">log pi_ref, [N], without a gradient.</param>
    public static Tensor Of(KlEstimator estimator, Tensor logProbabilities, Tensor reference)
    {
        var difference = reference - logProbabilities;
        return estimator switch
        {
            KlEstimator.K1 => -difference,
            KlEstimator.K2 => difference.square() / 2,
            KlEstimator.K3 => difference.clamp_max(LargestExponent).exp() - difference - 1,
            _ => throw new ArgumentOutOfRangeException(nameof(estimator), estimator, "Unknown estimator."),
        };
    }
}
