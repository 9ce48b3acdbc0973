namespace Distributed.Data.Tokenizers.Merging;

/// <summary>What merging needs: the vocabulary in the byte alphabet and the merges in order of rank.</summary>
internal sealed class MergeTable
{
    private readonly Dictionary<(int Left, int Right), (int Rank, int Merged)> _merges;

    /// <param name="vocabulary">Token, written in the byte alphabet, to id; holds all 256 bytes and every merge's parts and product.</param>
    /// <param name="merges">In order of rank, the first is applied first.</param>
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
