using Distributed.Data.Examples.Templates;

namespace Distributed.Data.Examples.Lengths;

/// <summary>
/// Limits the tokens of an example to those of a row. A sequence of n tokens takes n positions. The two sides of a pair share a row, so
/// their sum is limited; a side of at most half the limit is never cut.
/// </summary>
/// <param name="tokens">Largest number of tokens of an example, at least 2.</param>
/// <param name="policy">What becomes of longer examples.</param>
public sealed class LengthLimit(int tokens, TooLongPolicy policy)
{
    /// <summary>Applies the limit.</summary>
    /// <returns>The example, or the truncated example; null if it is skipped.</returns>
    public (EncodedRecord? Record, LengthOutcome Outcome) Apply(EncodedRecord record) => record switch
    {
        EncodedExample example => Apply(example.TokenCount, 1, example, () => Cut(example, tokens)),
        EncodedPair pair => Apply(pair.TokenCount, 2, pair, () => Cut(pair)),
        // A prompt leaves room for one generated token.
        EncodedPrompt prompt => prompt.Tokens.Length < tokens ? (prompt, LengthOutcome.Whole) : (null, LengthOutcome.NoRoom),
        _ => throw new ArgumentOutOfRangeException(nameof(record), record, "The kind of the example is unknown."),
    };

    private (EncodedRecord?, LengthOutcome) Apply(int length, int sequences, EncodedRecord record, Func<EncodedRecord?> cut)
    {
        if (length <= tokens) return (record, LengthOutcome.Whole);
        if ((record.Sequences[0].PromptLength + 1) * sequences > tokens) return (null, LengthOutcome.NoRoom);
        return policy == TooLongPolicy.Truncate && cut() is { } shorter
            ? (shorter, LengthOutcome.Truncated)
            : (null, LengthOutcome.TooLong);
    }

    // Null if the sides differ only in what is cut off.
    private EncodedPair? Cut(EncodedPair pair)
    {
        var half = tokens / 2;
        var (chosen, rejected) = (pair.Chosen.Tokens.Length, pair.Rejected.Tokens.Length);
        var shorter = Math.Min(half, Math.Min(chosen, rejected));
        var longer = tokens - shorter;
        var cut = chosen <= rejected
            ? new EncodedPair(Cut(pair.Chosen, shorter), Cut(pair.Rejected, longer))
            : new EncodedPair(Cut(pair.Chosen, longer), Cut(pair.Rejected, shorter));
        return cut.IsEqual ? null : cut;
    }

    // Also removes what follows the last target, such as the beginning of a user's turn.
    private static EncodedExample Cut(EncodedExample example, int length)
    {
        length = Math.Min(length, example.Tokens.Length);
        length = Array.LastIndexOf(example.IsTarget, true, length - 1) + 1;
        return new EncodedExample(example.Tokens[..length], example.IsTarget[..length]);
    }
}
