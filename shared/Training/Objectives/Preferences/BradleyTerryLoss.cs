using static TorchSharp.torch;

namespace Distributed.Training.Objectives.Preferences;

/// <summary>The loss of a reward model (Bradley and Terry 1952; Ouyang et al. 2022, eq. 1).</summary>
public static class BradleyTerryLoss
{
    /// <summary>
    /// Loss of each pair, -log sigma(r_chosen - r_rejected - margin) + centring (r_chosen + r_rejected)^2, [P].
    /// </summary>
    /// <param name="chosen">Rewards of the chosen responses, [P].</param>
    /// <param name="rejected">Rewards of the rejected responses, [P].</param>
    /// <param name="margins">Least difference of each pair (Llama 2, Touvron et al. 2023, eq. 2), [P]; null for 0.</param>
    /// <param name="centring">
    /// Factor that keeps the rewards near 0, which the first term leaves undetermined (Eisenstein et al. 2023, eq. 2).
    /// </param>
    public static Tensor Of(Tensor chosen, Tensor rejected, Tensor? margins = null, double centring = 0)
    {
        var difference = chosen - rejected;
        var loss = -nn.functional.logsigmoid(margins is null ? difference : difference - margins);
        return centring == 0 ? loss : loss + centring * (chosen + rejected).square();
    }
}
