namespace Distributed.Rollouts.Sampling;

/// <summary>A drawn token, and how likely it was.</summary>
/// <param name="Token">Its id.</param>
/// <param name="LogProbability">
/// Natural logarithm of its probability under the distribution it was drawn from: after temperature, top-k and top-p,
/// renormalised. 0 where there was no choice.
/// </param>
/// <param name="ModelLogProbability">The same under the network's own distribution, the plain softmax of its logits.</param>
public readonly record struct SampledToken(int Token, double LogProbability, double ModelLogProbability);
