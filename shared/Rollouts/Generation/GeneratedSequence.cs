using System.Collections.Immutable;
using Distributed.Rollouts.Sampling;

namespace Distributed.Rollouts.Generation;

/// <summary>A finished sequence.</summary>
/// <param name="Request">The request.</param>
/// <param name="Generated">The generated tokens, without the prompt and with the stop token if one was drawn.</param>
/// <param name="Stop">The reason why the sequence ended.</param>
public sealed record GeneratedSequence(GenerationRequest Request, ImmutableArray<SampledToken> Generated, StopReason Stop)
{
    /// <summary>Ids of the generated tokens.</summary>
    public IEnumerable<int> Tokens => Generated.Select(sampled => sampled.Token);
}
