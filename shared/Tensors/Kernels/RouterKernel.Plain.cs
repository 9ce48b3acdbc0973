using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <content>The plain form, with libtorch's operators and autograd.</content>
public static unsafe partial class RouterKernel
{
    /// <summary>Computes the plain form with libtorch's operators.</summary>
    public static RouterChoice Plain(Tensor logits, Tensor bias, RouterOptions options, TokenSequences sequences, Tensor? given)
    {
        var scores = logits.sigmoid();                                     // eq. (15): s_i,t
        Tensor experts;
        using (no_grad())
        {
            var biasedScores = scores.detach() + bias;                     // eq. (16): s_i,t + b_i, only for the choice
            if (options.Groups > 1) biasedScores = OnlyBestGroups(biasedScores, options);
            experts = given ?? biasedScores.topk(options.ChosenPerToken, -1, sorted: false).indexes; // [T, K]
        }

        var weights = scores.gather(-1, experts);                          // eq. (14): g'_i,t
        if (options.NormaliseWeights) weights = weights / (weights.sum(-1, keepdim: true) + RouterOptions.ScoreSumEpsilon); // eq. (13)
        return new RouterChoice(scores, experts, weights * options.ScalingFactor, BalanceLosses.SequenceWise(scores, experts, sequences),
            BalanceLosses.RouterZ(logits));
    }

    // Experts outside the chosen groups get -inf, not 0: a bias may make every score of a chosen group negative.
    private static Tensor OnlyBestGroups(Tensor biasedScores, RouterOptions options)
    {
        var grouped = biasedScores.view(-1, options.Groups, options.Experts / options.Groups); // [T, G, E/G]
        var groupScores = grouped.topk(2, -1).values.sum(-1);                                  // [T, G]
        var chosen = groupScores.topk(options.ChosenGroups, -1, sorted: false).indexes;
        var closed = ones_like(groupScores, dtype: ScalarType.Bool).scatter_(1, chosen, zeros_like(chosen, dtype: ScalarType.Bool));
        return grouped.masked_fill(closed.unsqueeze(-1), double.NegativeInfinity).flatten(1);
    }
}
