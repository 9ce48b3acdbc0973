using static TorchSharp.torch;

namespace Distributed.Training.Objectives.Distillation;

/// <summary>
/// Distillation on the student's own samples: a teacher scores each sampled token, and the difference of the log-probabilities is the
/// token's advantage, the sampled reverse KL divergence (MiMo-V2-Flash, LLM-Core Xiaomi 2026, eq. 7 to 9).
/// </summary>
public static class OnPolicyDistillation
{
    /// <summary>Advantage of each token, log pi_teacher - log pi, [N], without a gradient.</summary>
    /// <param name="logProbabilities">log pi, [N].</param>
    /// <param name="teacher">log pi_teacher, [N].</param>
    /// <param name="factor">Factor of the advantage.</param>
    public static Tensor Advantages(Tensor logProbabilities, Tensor teacher, double factor = 1) =>
        factor * (teacher - logProbabilities).detach();

    /// <summary>
    /// Loss of each token, -w A log pi, [N]. w = pi / mu is the weight between the learner and the engine that sampled, without a gradient,
    /// and 0 outside [<paramref name="low"/>, <paramref name="high"/>].
    /// </summary>
    /// <param name="logProbabilities">log pi, [N].</param>
    /// <param name="sampled">log mu, [N].</param>
    /// <param name="advantages">A, [N], without a gradient.</param>
    /// <param name="low">Smallest weight that counts.</param>
    /// <param name="high">Largest weight that counts.</param>
    public static Tensor Loss(Tensor logProbabilities, Tensor sampled, Tensor advantages, double low, double high) =>
        -Policy.ImportanceWeights.InBand(logProbabilities, sampled, low, high) * advantages * logProbabilities;
}
