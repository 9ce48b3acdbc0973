namespace Distributed.Data.Tokenizers.Merging;

/// <summary>
/// Applies byte-pair merges (Sennrich et al. 2016, algorithm 1): always the pair of lowest rank, and of equal pairs the leftmost. It uses a
/// heap of candidate pairs over a linked list of symbols, and takes time n log n for a piece of n bytes.
/// </summary>
internal static class HeapMerger
{
    public static int[] Merge(MergeTable table, ReadOnlySpan<byte> bytes)
    {
        var ids = new int[bytes.Length];
        var next = new int[bytes.Length];
        var previous = new int[bytes.Length];
        var candidates = new PriorityQueue<(int At, int Left, int Right), (int Rank, int At)>();
        for (var i = 0; i < bytes.Length; i++)
        {
            ids[i] = table.ByteIds[bytes[i]];
            (previous[i], next[i]) = (i - 1, i + 1);
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            Consider(i);
        }

        while (candidates.TryDequeue(out var pair, out _))
        {
            var (at, left, right) = pair;
            // A pair whose symbols have since been merged is stale; a consumed symbol is -1.
            if (ids[at] != left || next[at] >= ids.Length || ids[next[at]] != right)
            {
                continue;
            }

            table.TryMerge(left, right, out _, out ids[at]);
            ids[next[at]] = -1;
            next[at] = next[next[at]];
            if (next[at] < ids.Length)
            {
                previous[next[at]] = at;
            }

            Consider(previous[at]);
            Consider(at);
        }

        return Array.FindAll(ids, id => id >= 0);

        void Consider(int at)
        {
            if (at >= 0 && next[at] < ids.Length && table.TryMerge(ids[at], ids[next[at]], out var rank, out _))
            {
                candidates.Enqueue((at, ids[at], ids[next[at]]), (rank, at));
            }
        }
    }
}
