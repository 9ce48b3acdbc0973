using Distributed.Rollouts.Sampling;

namespace Distributed.Rollouts.Generation;

/// <summary>One token as it is generated.</summary>
/// <param name="Request">Index of the request.</param>
/// <param name="Position">Position in the sequence, from 0 for the prompt's first token.</param>
/// <param name="Sampled">The token and its log-probabilities.</param>
/// <param name="Stop">Why the sequence ends with it; null if it goes on.</param>
public sealed record GeneratedToken(int Request, int Position, SampledToken Sampled, StopReason? Stop);
