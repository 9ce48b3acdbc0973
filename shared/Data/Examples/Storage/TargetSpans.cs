namespace Distributed.Data.Examples.Storage;

/// <summary>A mask of targets as its spans of consecutive targets: one of a completion, one for each assistant turn of a chat.</summary>
internal static class TargetSpans
{
    /// <summary>The spans of a mask, in order.</summary>
    public static List<(int Start, int Length)> Of(ReadOnlySpan<bool> isTarget)
    {
        var spans = new List<(int, int)>();
        for (var at = 0; isTarget[at..].IndexOf(true) is >= 0 and var gap;)
        {
            var start = at + gap;
            var length = isTarget[start..].IndexOf(false) is >= 0 and var found ? found : isTarget.Length - start;
            spans.Add((start, length));
            at = start + length;
        }

        return spans;
    }
}
