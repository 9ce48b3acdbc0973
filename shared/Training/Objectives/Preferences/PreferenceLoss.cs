using static TorchSharp.torch;

namespace Distributed.Training.Objectives.Preferences;

/// <summary>Losses on pairs of a chosen and a rejected response to one prompt.</summary>
public static class PreferenceLoss
{
    /// <summary>
    /// Loss of each pair, -log sigma(beta m), [P] (DPO, Rafailov et al. 2023, eq. 7), where the margin m is the difference of the log
    /// ratios of policy and reference between the chosen and the rejected response.
    /// </summary>
    /// <param name="margins">m, [P]: (log pi - log pi_ref of the chosen response) - (the same of the rejected response).</param>
    /// <param name="beta">Strength of the tie to the reference, above 0.</param>
    /// <param name="smoothing">
    /// Probability that a label is wrong, 0 to 0.5: the loss is then that of both orders, weighted (conservative DPO, Mitchell 2023).
    /// </param>
    public static Tensor Dpo(Tensor margins, double beta, double smoothing = 0)
    {
        var logits = beta * margins;
        var loss = -nn.functional.logsigmoid(logits);
        return smoothing == 0 ? loss : (1 - smoothing) * loss - smoothing * nn.functional.logsigmoid(-logits);
    }

    /// <summary>
    /// Loss of each pair, (m - 1 / (2 beta))^2, [P] (IPO, Azar et al. 2023, eq. 17). The margin is that of the log ratios averaged over
    /// tokens, so that long responses do not dominate it.
    /// </summary>
    /// <param name="margins">m, [P], from log ratios averaged over the tokens of a response.</param>
    /// <param name="beta">Strength of the tie to the reference, above 0.</param>
    public static Tensor Ipo(Tensor margins, double beta) => (margins - 1 / (2 * beta)).square();
}
