namespace Distributed.Rollouts.Generation;

/// <summary>A prompt to go on from.</summary>
/// <param name="Prompt">Token ids, at least one.</param>
/// <param name="Sequence">
/// The sequence's number, which with the seed and a position determines its draws: give several samples of one prompt
/// different numbers.
/// </param>
public sealed record GenerationRequest(IReadOnlyList<int> Prompt, long Sequence);
