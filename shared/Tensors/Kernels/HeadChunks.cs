namespace Distributed.Tensors.Kernels;

/// <summary>Divides tokens into chunks whose logits fit in a bounded memory.</summary>
internal static class HeadChunks
{
    private const long LogitsPerChunk = 1 << 21;
    private const long FewestTokens = 128; // products of fewer rows are slow

    /// <summary>Returns the first token and the number of tokens of each chunk.</summary>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="vocabulary">Logits of a token.</param>
    public static IEnumerable<(long Begin, long Count)> Of(long tokens, long vocabulary)
    {
        var step = Math.Max(FewestTokens, LogitsPerChunk / vocabulary);
        for (long begin = 0; begin < tokens; begin += step) yield return (begin, Math.Min(step, tokens - begin));
    }
}
