using static TorchSharp.torch;

namespace Distributed.Training.Objectives.Policy;

/// <summary>Entropy of the policy's distribution at each token, in nats.</summary>
public static class Entropy
{
    /// <summary>Entropy of each row, [N, V] -> [N].</summary>
    /// <param name="logits">Logits, [N, V].</param>
    public static Tensor Of(Tensor logits)
    {
        var logProbabilities = logits.log_softmax(-1);
        return -(logProbabilities.exp() * logProbabilities).sum(-1);
    }
}
