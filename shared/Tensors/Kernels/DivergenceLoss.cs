using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>Divergences between the distributions of a teacher and a student over the vocabulary.</summary>
public static class DivergenceLoss
{
    /// <summary>The divergence of each token that the options select, [N].</summary>
    /// <param name="student">The student's logits, [N, V].</param>
    /// <param name="teacher">The teacher's logits, [N, V], without a gradient.</param>
    /// <param name="options">The divergence.</param>
    public static Tensor Of(Tensor student, Tensor teacher, DivergenceOptions options) => options.Divergence switch
    {
        DivergenceKind.ForwardKl => ForwardKl(student, teacher, options.Temperature),
        DivergenceKind.ReverseKl => ReverseKl(student, teacher, options.Temperature),
        DivergenceKind.JensenShannon => JensenShannon(student, teacher, options.Mixture, options.Temperature),
        var other => throw new ArgumentOutOfRangeException(nameof(options), other, "Unknown divergence."),
    };

    /// <summary>KL(teacher || student) of each token, [N]: the student covers all that the teacher does (Hinton et al. 2015).</summary>
    /// <param name="student">The student's logits, [N, V].</param>
    /// <param name="teacher">The teacher's logits, [N, V], without a gradient.</param>
    /// <param name="temperature">Divides both logits, above 0. The loss is not multiplied by its square.</param>
    public static Tensor ForwardKl(Tensor student, Tensor teacher, double temperature = 1) =>
        Kl(LogSoftmax(teacher, temperature), LogSoftmax(student, temperature));

    /// <summary>
    /// KL(student || teacher) of each token, [N]: the student avoids what the teacher does not do (MiniLLM, Gu et al. 2023, eq. 1).
    /// </summary>
    /// <param name="student">The student's logits, [N, V].</param>
    /// <param name="teacher">The teacher's logits, [N, V], without a gradient.</param>
    /// <param name="temperature">Divides both logits, above 0.</param>
    public static Tensor ReverseKl(Tensor student, Tensor teacher, double temperature = 1) =>
        Kl(LogSoftmax(student, temperature), LogSoftmax(teacher, temperature));

    /// <summary>
    /// Generalised Jensen-Shannon divergence of each token, beta KL(teacher || m) + (1 - beta) KL(student || m) with the mixture
    /// m = beta teacher + (1 - beta) student, [N] (GKD, Agarwal et al. 2024, eq. 1).
    /// </summary>
    /// <param name="student">The student's logits, [N, V].</param>
    /// <param name="teacher">The teacher's logits, [N, V], without a gradient.</param>
    /// <param name="beta">Weight of the teacher, above 0 and below 1.</param>
    /// <param name="temperature">Divides both logits, above 0.</param>
    public static Tensor JensenShannon(Tensor student, Tensor teacher, double beta, double temperature = 1)
    {
        if (!(beta > 0 && beta < 1)) throw new ArgumentOutOfRangeException(nameof(beta), beta, "Allowed: above 0 and below 1.");
        var (s, t) = (LogSoftmax(student, temperature), LogSoftmax(teacher, temperature));
        var mixture = logaddexp(s + Math.Log(1 - beta), t + Math.Log(beta));
        return beta * Kl(t, mixture) + (1 - beta) * Kl(s, mixture);
    }

    private static Tensor LogSoftmax(Tensor logits, double temperature) =>
        (temperature == 1 ? logits : logits / temperature).log_softmax(-1);

    // KL(p || q) = sum of p (log p - log q).
    private static Tensor Kl(Tensor logP, Tensor logQ) => (logP.exp() * (logP - logQ)).sum(-1);
}
