namespace Distributed.Data.Corpora;

/// <summary>The position at which a document is cut in two, so that its end can be held out.</summary>
/// <param name="Hash">The document's <see cref="HoldOut.HashOf"/>.</param>
/// <param name="At">Index of the first UTF-16 unit of the end; both parts have more than white space.</param>
public sealed record DocumentCut(ulong Hash, int At)
{
    /// <summary>
    /// The cut before about <paramref name="length"/> units at the end, moved back to the nearest paragraph, line or word boundary.
    /// </summary>
    /// <param name="document">The document.</param>
    /// <param name="length">UTF-16 units to hold out.</param>
    /// <returns>The cut; null if the text cannot be cut into two parts with text.</returns>
    public static DocumentCut? Of(Document document, int length)
    {
        var text = document.Text.AsSpan();
        var latest = text.Length - Math.Clamp(length, 1, text.Length);
        // Move back to a paragraph, line or word boundary if that holds out at most twice the length; otherwise cut between two characters.
        var earliest = Math.Max(0, latest - length);
        var window = text[earliest..latest];
        foreach (var boundary in (string[])["\n\n", "\n", " "])
        {
            if (window.LastIndexOf(boundary) is >= 0 and var found && Try(document, earliest + found + boundary.Length) is { } cut)
            {
                return cut;
            }
        }

        return Try(document, latest > 0 && char.IsLowSurrogate(text[latest]) ? latest - 1 : latest);
    }

    private static DocumentCut? Try(Document document, int at) =>
        document.Text.AsSpan(0, at).IsWhiteSpace() || document.Text.AsSpan(at).IsWhiteSpace() ? null : new(HoldOut.HashOf(document), at);
}
