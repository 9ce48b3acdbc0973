namespace Distributed.Rollouts.Sampling;

/// <summary>The likeliest tokens of a distribution: the K largest, and of them the nucleus (Holtzman et al. 2020, eq. 2).</summary>
public static class Nucleus
{
    /// <summary>
    /// The smallest set of likeliest tokens whose share of the K largest probabilities reaches <paramref name="topP"/>; at
    /// least one token. Of equal probabilities the lower ids come first.
    /// </summary>
    /// <param name="probabilities">[V], 0 or more, of sum 1.</param>
    /// <param name="topK">Tokens considered; 0 for all.</param>
    /// <param name="topP">Above 0, at most 1.</param>
    /// <returns>Ids, ascending.</returns>
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

    // All tokens below (1 - p) / V together have less than 1 - p, so the others reach p without them: only those are
    // sorted, usually a few out of a whole vocabulary.
    private static int[] Candidates(ReadOnlySpan<double> probabilities, double topP)
    {
        var least = (1 - topP) / probabilities.Length;
        var candidates = new List<int>();
        for (var token = 0; token < probabilities.Length; token++)
            if (probabilities[token] >= least) candidates.Add(token);
        return [.. candidates];
    }

    // The sort is not stable; this puts every run of equal probabilities into the order of ids.
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
