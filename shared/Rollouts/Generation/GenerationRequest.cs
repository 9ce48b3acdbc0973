namespace Distributed.Rollouts.Generation;

/// <summary>A request to generate a completion of a prompt.</summary>
/// <param name="Prompt">Token ids, at least one.</param>
/// <param name="Sequence">
/// Number of the sequence. The seed, this number and the position determine a draw, so several completions of one prompt need different
/// numbers.
/// </param>
public sealed record GenerationRequest(IReadOnlyList<int> Prompt, long Sequence);
