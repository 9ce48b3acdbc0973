namespace Distributed.Data.Examples.Templates;

/// <summary>
/// The tokens of one example: an <see cref="EncodedExample"/>, an <see cref="EncodedPair"/> or an <see cref="EncodedPrompt"/>.
/// </summary>
public abstract class EncodedRecord
{
    private protected EncodedRecord()
    {
    }

    /// <summary>The sequences of the example: two of a pair, otherwise one.</summary>
    public abstract IReadOnlyList<EncodedExample> Sequences { get; }

    /// <summary>Total number of tokens of the sequences.</summary>
    public int TokenCount => Sequences.Sum(sequence => sequence.Tokens.Length);
}
