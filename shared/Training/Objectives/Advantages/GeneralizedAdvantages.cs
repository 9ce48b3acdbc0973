namespace Distributed.Training.Objectives.Advantages;

/// <summary>Advantages and returns of the tokens of one response.</summary>
/// <param name="Advantages">A_t.</param>
/// <param name="Returns">R_t = A_t + V_t, the target of the value.</param>
public sealed record TokenAdvantages(double[] Advantages, double[] Returns);

/// <summary>
/// Generalised advantage estimation (Schulman et al. 2016, eq. 16): A_t = sum over k of (gamma lambda)^k delta_{t+k}, with
/// delta_t = r_t + gamma V_{t+1} - V_t.
/// </summary>
public static class GeneralizedAdvantages
{
    /// <summary>Estimates the advantages of one response.</summary>
    /// <param name="rewards">r_t of each response token.</param>
    /// <param name="values">V_t before each token, as many as rewards.</param>
    /// <param name="gamma">Discount, 0 to 1.</param>
    /// <param name="lambda">Weight of longer estimates, 0 to 1.</param>
    /// <param name="bootstrap">
    /// Value after the last token: of the state in which a response was cut off; 0 if it ended with the end token, after which no reward
    /// follows.
    /// </param>
    /// <exception cref="ArgumentException">The lists have different lengths.</exception>
    public static TokenAdvantages Of(ReadOnlySpan<double> rewards, ReadOnlySpan<double> values, double gamma, double lambda,
        double bootstrap = 0)
    {
        if (rewards.Length != values.Length)
        {
            throw new ArgumentException(
                $"{rewards.Length} rewards for {values.Length} values; each token has one of both.", nameof(rewards));
        }

        var (advantages, returns) = (new double[rewards.Length], new double[rewards.Length]);
        var (next, later) = (bootstrap, 0.0);
        for (var t = rewards.Length - 1; t >= 0; t--)
        {
            var delta = rewards[t] + gamma * next - values[t];
            advantages[t] = later = delta + gamma * lambda * later;
            returns[t] = advantages[t] + values[t];
            next = values[t];
        }

        return new TokenAdvantages(advantages, returns);
    }
}
