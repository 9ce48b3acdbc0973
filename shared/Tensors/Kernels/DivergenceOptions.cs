namespace Distributed.Tensors.Kernels;

/// <summary>A divergence between a teacher's and a student's distribution.</summary>
public enum DivergenceKind
{
    /// <summary>KL(teacher || student).</summary>
    ForwardKl,

    /// <summary>KL(student || teacher).</summary>
    ReverseKl,

    /// <summary>Generalised Jensen-Shannon divergence.</summary>
    JensenShannon,
}

/// <summary>The loss of distillation on a distribution.</summary>
/// <param name="Divergence">The divergence.</param>
/// <param name="Temperature">Divides both logits in the divergence, above 0.</param>
/// <param name="Mixture">Weight of the teacher in the Jensen-Shannon divergence, above 0 and below 1.</param>
/// <param name="HardWeight">Weight of the cross-entropy of the tokens, 0 to 1; the divergence has the rest.</param>
public sealed record DivergenceOptions(
    DivergenceKind Divergence, double Temperature = 1, double Mixture = 0.5, double HardWeight = 0);
