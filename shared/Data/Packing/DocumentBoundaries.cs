namespace Distributed.Data.Packing;

/// <summary>
/// Finds the documents in a packed sample, for training that optionally separates them: the positions of each document begin at 0,
/// attention stays within it, and no token is trained as the continuation of another document.
/// </summary>
public static class DocumentBoundaries
{
    /// <summary>Finds the documents in a sample.</summary>
    /// <param name="sample">[S + 1] tokens; the last one is only a target.</param>
    /// <param name="endOfTextId">Id of the token that ends a document and belongs to it.</param>
    /// <param name="positions">
    /// [S] receives the positions within the document, from 0; the sample's first token is at 0 even inside a document.
    /// </param>
    /// <param name="documents">[S] receives the document of each input, counted from 0 within the sample.</param>
    /// <param name="keepTarget">
    /// [S] receives false if the target (the next token) belongs to the next document: after an end of text.
    /// </param>
    /// <returns>Number of targets that are kept.</returns>
    /// <exception cref="ArgumentException">The lengths of the spans do not match.</exception>
    public static int Find(ReadOnlySpan<int> sample, int endOfTextId, Span<int> positions, Span<int> documents, Span<bool> keepTarget)
    {
        var length = sample.Length - 1;
        if (length < 1 || positions.Length != length || documents.Length != length || keepTarget.Length != length)
        {
            throw new ArgumentException(
                $"A sample of {sample.Length} tokens has {length} inputs, but the spans hold {positions.Length} positions, "
                + $"{documents.Length} documents and {keepTarget.Length} targets.");
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
