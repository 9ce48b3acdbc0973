namespace Distributed.Rollouts.Sampling;

/// <summary>Selects the tokens of top-k and nucleus sampling (Holtzman et al. 2020, eq. 2).</summary>
public static class Nucleus
{
    /// <summary>
    /// Returns the smallest set of likeliest tokens whose share of the K largest probabilities reaches <paramref name="topP"/>, at least
    /// one token. Of equal probabilities, lower ids come first.
    /// </summary>
    /// <param name="probabilities">Probabilities [V], each 0 or more, with sum 1.</param>
    /// <param name="topK">Number K of likeliest tokens to consider; 0 for all.</param>
    /// <param name="topP">Share of the probability mass, above 0 and at most 1.</param>
    /// <returns>Token ids in ascending order.</returns>
    public static int[] Keep(ReadOnlySpan<double> probabilities, int topK, double topP)
    {
        var limited = topK > 0 && topK < probabilities.Length;
        if (!limited && topP >= 1) return [.. Enumerable.Range(0, probabilities.Length)];

        var ids = limited ? [.. Enumerable.Range(0, probabilities.Length)] : Candidates(probabilities, topP);
        var keys = new double[ids.Length];
        for (var n = 0; n < ids.Length; n++) keys[n] = probabilities[ids[n]];
        Array.Sort(keys, ids, Comparer<double>.Create((a, b) => b.CompareTo(a)));
        LowerIdsFirst(keys, ids);

        var count = limited ? topK : ids.Length;
        if (topP < 1)
        {
            var mass = 1.0;
            if (limited)
            {
                mass = 0;
                for (var n = 0; n < count; n++) mass += keys[n];
            }

            var sum = 0.0;
            var needed = 0;
            while (needed < count && (needed == 0 || sum < topP * mass)) sum += keys[needed++];
            count = needed;
        }

        var kept = ids[..count];
        Array.Sort(kept);
        return kept;
    }

    // All tokens with less than (1 - p) / V have less than 1 - p together, so the other tokens reach p without them. Only the other tokens
    // are sorted, usually a small part of the vocabulary.
    private static int[] Candidates(ReadOnlySpan<double> probabilities, double topP)
    {
        var least = (1 - topP) / probabilities.Length;
        var candidates = new List<int>();
        for (var token = 0; token < probabilities.Length; token++)
            if (probabilities[token] >= least) candidates.Add(token);
        return [.. candidates];
    }

    // Array.Sort is not stable; this sorts every run of equal probabilities by id.
    private static void LowerIdsFirst(double[] keys, int[] ids)
    {
        for (var start = 0; start < keys.Length;)
        {
            var end = start + 1;
            while (end < keys.Length && keys[end] == keys[start]) end++;
            if (end - start > 1) Array.Sort(ids, start, end - start);
            start = end;
        }
    }
}
