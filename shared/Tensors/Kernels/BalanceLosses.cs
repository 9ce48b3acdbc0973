using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Auxiliary losses that keep a router's choices balanced and its logits small. Each loss is a sum; the caller divides it by the global
/// count.
/// </summary>
public static class BalanceLosses
{
    /// <summary>
    /// Computes the complementary sequence-wise balance loss, sum over the B sequences of sum_i f_i P_i (DeepSeek-V3 eq. 17 to 20),
    /// without its factor alpha. f_i counts choices and has no gradient.
    /// </summary>
    /// <param name="scores">Affinities s, [T, E].</param>
    /// <param name="experts">Chosen experts, [T, K] int64.</param>
    /// <param name="sequences">The B sequences of the tokens; without a sequence the loss is 0.</param>
    public static Tensor SequenceWise(Tensor scores, Tensor experts, TokenSequences sequences)
    {
        if (sequences.Count == 0) return scores.sum();
        if (!sequences.AreEqual) return OfUnequal(scores, experts, sequences);
        long E = scores.shape[1], K = experts.shape[1], S = scores.shape[0] / sequences.Count;
        var share = scores / (scores.sum(-1, keepdim: true) + RouterOptions.ScoreSumEpsilon); // eq. (19): s'_i,t
        var meanShare = share.view(sequences.Count, S, E).mean([1]);              // eq. (20): P_i  [B, E]
        Tensor frequency;
        using (no_grad())
        {
            frequency = zeros(sequences.Count, E, scores.dtype)
                .scatter_add_(1, experts.view(sequences.Count, S * K), ones(sequences.Count, S * K, scores.dtype))
                .mul_((double)E / (K * S));                                 // eq. (18): f_i  [B, E]
        }

        return (frequency * meanShare).sum();                               // eq. (17)
    }

    private static Tensor OfUnequal(Tensor scores, Tensor experts, TokenSequences sequences)
    {
        var T = scores.shape[0];
        var loss = scores.new_zeros([]);
        for (long sequence = 0; sequence < sequences.Count; sequence++)
        {
            var (begin, end) = sequences.RowsOf(sequence, T);
            loss = loss + SequenceWise(scores.narrow(0, begin, end - begin), experts.narrow(0, begin, end - begin), 1);
        }

        return loss;
    }

    /// <summary>
    /// Computes the router z-loss, sum over tokens of logsumexp(logits)^2 (ST-MoE, Zoph et al. 2022, eq. 5), without its factor.
    /// </summary>
    /// <param name="logits">Router logits, [T, E].</param>
    public static Tensor RouterZ(Tensor logits) => logits.logsumexp(-1).square().sum();
}
