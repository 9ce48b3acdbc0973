namespace Distributed.Data.Examples.Templates;

/// <summary>A sequence of tokens of which some are learnt.</summary>
public sealed class EncodedExample : EncodedRecord
{
    /// <summary>Creates a sequence.</summary>
    /// <param name="tokens">The ids; at least one.</param>
    /// <param name="isTarget">Whether each token is predicted and counts in the loss; false for the first token.</param>
    /// <exception cref="ArgumentException">The arrays differ in length or are empty, or the first token is a target.</exception>
    public EncodedExample(int[] tokens, bool[] isTarget)
    {
        if (tokens.Length == 0 || tokens.Length != isTarget.Length || isTarget[0])
        {
            throw new ArgumentException(
                $"{tokens.Length} tokens and a mask of {isTarget.Length} are no sequence: "
                + "both have the same length, at least 1, and the first token has nothing that predicts it.");
        }

        (Tokens, IsTarget) = (tokens, isTarget);
        PromptLength = Array.IndexOf(isTarget, true) is >= 0 and var first ? first : tokens.Length;
    }

    /// <summary>The ids.</summary>
    public int[] Tokens { get; }

    /// <summary>Whether each token is predicted from the tokens before it and counts in the loss.</summary>
    public bool[] IsTarget { get; }

    /// <summary>Number of tokens before the first target; all tokens if there is no target.</summary>
    public int PromptLength { get; }

    /// <summary>Number of targets.</summary>
    public int TargetCount => IsTarget.Count(isTarget => isTarget);

    /// <inheritdoc/>
    public override IReadOnlyList<EncodedExample> Sequences => [this];
}
