namespace Distributed.Data.Packing;

/// <summary>
/// Respecting documents inside a packed sample, as an option: each document's positions begin at 0, attention stays
/// within it, and no token is learnt as the continuation of another document.
/// </summary>
public static class DocumentBoundaries
{
    /// <param name="sample">[S + 1] tokens, the last one only a target.</param>
    /// <param name="endOfTextId">Ends a document, and belongs to it.</param>
    /// <param name="positions">[S] positions within the document, from 0; the sample's first token is at 0 even inside a document.</param>
    /// <param name="documents">[S] the document of each input, counted from 0 within the sample.</param>
    /// <param name="keepTarget">[S] false where the target (the next token) belongs to the next document: after an end of text.</param>
    /// <returns>How many targets are kept.</returns>
    /// <exception cref="ArgumentException">The lengths do not fit together.</exception>
    public static int Find(ReadOnlySpan<int> sample, int endOfTextId, Span<int> positions, Span<int> documents, Span<bool> keepTarget)
    {
        var length = sample.Length - 1;
        if (length < 1 || positions.Length != length || documents.Length != length || keepTarget.Length != length)
        {
            throw new ArgumentException($"A sample of {sample.Length} tokens has {length} inputs, but there is room for {positions.Length} positions, {documents.Length} documents and {keepTarget.Length} targets.");
        }

        var (position, document, kept) = (0, 0, 0);
        for (var i = 0; i < length; i++)
        {
            positions[i] = position++;
            documents[i] = document;
            keepTarget[i] = sample[i] != endOfTextId;
            kept += keepTarget[i] ? 1 : 0;
            if (!keepTarget[i])
            {
                position = 0;
                document++;
            }
        }

        return kept;
    }
}
