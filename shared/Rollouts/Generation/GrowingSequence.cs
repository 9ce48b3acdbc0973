using System.Collections.Immutable;
using Distributed.Rollouts.Sampling;

namespace Distributed.Rollouts.Generation;

/// <summary>A sequence during generation. It collects tokens and detects the end of the sequence.</summary>
internal sealed class GrowingSequence(int index, GenerationRequest request, SamplingOptions options, int context)
{
    private readonly ImmutableArray<SampledToken>.Builder _generated = ImmutableArray.CreateBuilder<SampledToken>();

    public GenerationRequest Request => request;

    /// <summary>Number of tokens including the prompt; also the position of the next token.</summary>
    public int Length => request.Prompt.Count + _generated.Count;

    public int Last => _generated[^1].Token;

    public StopReason? Stop { get; private set; }

    public GeneratedToken Add(SampledToken sampled)
    {
        var position = Length;
        _generated.Add(sampled);
        if (options.StopTokens.Contains(sampled.Token)) Stop = StopReason.StopToken;
        else if (_generated.Count == options.MaxTokens) Stop = StopReason.MaxTokens;
        else if (Length == context) Stop = StopReason.ContextFull;
        return new GeneratedToken(index, position, sampled, Stop);
    }

    public GeneratedSequence Finished() => new(
        request, _generated.ToImmutable(), Stop ?? throw new InvalidOperationException($"The sequence of request {index} has not ended."));
}
