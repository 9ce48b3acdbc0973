namespace Distributed.Data.Examples.Templates;

/// <summary>A better and a worse completion of one prompt.</summary>
public sealed class EncodedPair : EncodedRecord
{
    /// <summary>Creates a pair.</summary>
    /// <param name="chosen">The prompt and the better completion.</param>
    /// <param name="rejected">The same prompt and the worse completion.</param>
    /// <exception cref="ArgumentException">The prompts differ.</exception>
    public EncodedPair(EncodedExample chosen, EncodedExample rejected)
    {
        if (!chosen.Tokens.AsSpan(0, chosen.PromptLength).SequenceEqual(rejected.Tokens.AsSpan(0, rejected.PromptLength)))
        {
            throw new ArgumentException("The two sides of a pair have the same prompt.", nameof(rejected));
        }

        (Chosen, Rejected) = (chosen, rejected);
    }

    /// <summary>The prompt and the better completion.</summary>
    public EncodedExample Chosen { get; }

    /// <summary>The prompt and the worse completion.</summary>
    public EncodedExample Rejected { get; }

    /// <summary>Number of tokens of the prompt, which both sides begin with.</summary>
    public int PromptLength => Chosen.PromptLength;

    /// <summary>Whether both sides have the same tokens.</summary>
    internal bool IsEqual => Chosen.Tokens.AsSpan().SequenceEqual(Rejected.Tokens);

    /// <inheritdoc/>
    public override IReadOnlyList<EncodedExample> Sequences => [Chosen, Rejected];
}
