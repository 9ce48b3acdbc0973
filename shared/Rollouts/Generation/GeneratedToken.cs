using Distributed.Rollouts.Sampling;

namespace Distributed.Rollouts.Generation;

/// <summary>One generated token, as reported during generation.</summary>
/// <param name="Request">Index of the request.</param>
/// <param name="Position">Position in the sequence; the prompt's first token has position 0.</param>
/// <param name="Sampled">The token and its log-probabilities.</param>
/// <param name="Stop">The reason why the sequence ends with this token; null if it continues.</param>
public sealed record GeneratedToken(int Request, int Position, SampledToken Sampled, StopReason? Stop);
