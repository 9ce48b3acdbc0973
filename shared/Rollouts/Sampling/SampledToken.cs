namespace Distributed.Rollouts.Sampling;

/// <summary>A drawn token and its log-probabilities.</summary>
/// <param name="Token">Token id.</param>
/// <param name="LogProbability">
/// Natural logarithm of the token's probability under the sampling distribution: after temperature, top-k and top-p, renormalised. 0 if
/// only one token was possible.
/// </param>
/// <param name="ModelLogProbability">
/// Natural logarithm of the token's probability under the network's distribution, the softmax of its logits.
/// </param>
public readonly record struct SampledToken(int Token, double LogProbability, double ModelLogProbability);
