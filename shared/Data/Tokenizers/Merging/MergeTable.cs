namespace Distributed.Data.Tokenizers.Merging;

/// <summary>The vocabulary in the byte alphabet and the merges in order of rank.</summary>
internal sealed class MergeTable
{
    private readonly Dictionary<(int Left, int Right), (int Rank, int Merged)> _merges;

    /// <summary>Creates a table.</summary>
    /// <param name="vocabulary">
    /// Ids by token in the byte alphabet; it has all 256 bytes, and the parts and the product of every merge.
    /// </param>
    /// <param name="merges">The merges in order of rank; the first is applied first.</param>
    public MergeTable(IReadOnlyDictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> merges)
    {
        Vocabulary = vocabulary;
        Merges = merges;
        ByteIds = new int[256];
        for (var value = 0; value < 256; value++)
        {
            ByteIds[value] = vocabulary[ByteAlphabet.CharacterOf((byte)value).ToString()];
        }

        _merges = new(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            _merges.TryAdd((vocabulary[left], vocabulary[right]), (rank, vocabulary[left + right]));
        }
    }

    public IReadOnlyDictionary<string, int> Vocabulary { get; }

    public IReadOnlyList<(string Left, string Right)> Merges { get; }

    /// <summary>The id of each byte.</summary>
    public int[] ByteIds { get; }

    public bool TryMerge(int left, int right, out int rank, out int merged)
    {
        var found = _merges.TryGetValue((left, right), out var merge);
        (rank, merged) = merge;
        return found;
    }
}
