namespace Distributed.Data.Examples.Templates;

/// <summary>A prompt that a policy completes.</summary>
/// <param name="tokens">The ids, from the begin of text to the point at which the generation starts.</param>
/// <param name="answer">The expected answer; null if there is none.</param>
/// <param name="domain">The domain, which selects the reward; null if there is none.</param>
public sealed class EncodedPrompt(int[] tokens, string? answer, string? domain) : EncodedRecord
{
    /// <summary>The ids, from the begin of text to the point at which the generation starts.</summary>
    public int[] Tokens => tokens;

    /// <summary>The expected answer; null if there is none.</summary>
    public string? Answer => answer;

    /// <summary>The domain, which selects the reward; null if there is none.</summary>
    public string? Domain => domain;

    /// <inheritdoc/>
    public override IReadOnlyList<EncodedExample> Sequences => [new(tokens, new bool[tokens.Length])];
}
