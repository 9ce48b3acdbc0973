namespace Distributed.Data.Tokenizers.Training;

/// <summary>
/// Counts the pairs of neighbouring symbols and the words that they occur in, and finds the most frequent pair. Of equally frequent pairs
/// the one with the smaller left id comes first, then the one with the smaller right id.
/// </summary>
internal sealed class PairTable
{
    private sealed class Pair(long key)
    {
        public long Key => key;

        public long Count;

        /// <summary>The largest count with which the pair is in the heap: never less than the true count.</summary>
        public long Enqueued;

        /// <summary>Words that had the pair when it was added; some may no longer have it.</summary>
        public readonly List<int> Words = [];
    }

    private readonly Dictionary<long, Pair> _pairs = [];
    private readonly PriorityQueue<Pair, (long NegativeCount, long Key)> _heap = new();
    private readonly List<Pair> _grown = [];

    public void Add(int left, int right, int word, long count)
    {
        var key = Key(left, right);
        if (!_pairs.TryGetValue(key, out var pair))
        {
            _pairs[key] = pair = new Pair(key);
        }

        pair.Count += count;
        if (pair.Words.Count == 0 || pair.Words[^1] != word)
        {
            pair.Words.Add(word);
        }

        _grown.Add(pair);
    }

    public void Remove(int left, int right, long count) => _pairs[Key(left, right)].Count -= count;

    /// <summary>Undoes a <see cref="Remove"/>: the heap and the words of the pair are unchanged.</summary>
    public void Restore(int left, int right, long count) => _pairs[Key(left, right)].Count += count;

    /// <summary>Updates the heap after calls of <see cref="Add"/> and <see cref="Remove"/>.</summary>
    public void UpdateHeap()
    {
        foreach (var pair in _grown)
        {
            if (pair.Count > pair.Enqueued)
            {
                Enqueue(pair);
            }
        }

        _grown.Clear();
    }

    /// <summary>Takes the most frequent pair, with the words that may have it.</summary>
    /// <returns>False if no pair occurs <paramref name="minimumCount"/> times.</returns>
    public bool TryTake(long minimumCount, out int left, out int right, out List<int> words)
    {
        while (_heap.TryDequeue(out var pair, out var priority))
        {
            if (-priority.NegativeCount != pair.Count)
            {
                // Counts mostly shrink; the entry is enqueued again with its current count.
                pair.Enqueued = 0;
                if (pair.Count >= minimumCount)
                {
                    Enqueue(pair);
                }

                continue;
            }

            if (pair.Count < minimumCount)
            {
                break;
            }

            (left, right, words) = ((int)(pair.Key >> 32), (int)pair.Key, [.. pair.Words]);
            pair.Words.Clear();
            pair.Words.TrimExcess();
            pair.Enqueued = 0;
            return true;
        }

        (left, right, words) = (0, 0, []);
        return false;
    }

    private void Enqueue(Pair pair)
    {
        pair.Enqueued = pair.Count;
        _heap.Enqueue(pair, (-pair.Count, pair.Key));
    }

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;
}
