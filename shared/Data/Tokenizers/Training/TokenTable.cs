using Distributed.Data.Tokenizers.Merging;

namespace Distributed.Data.Tokenizers.Training;

/// <summary>The vocabulary during training: id b is the byte b, and the products of the merges follow.</summary>
internal sealed class TokenTable
{
    private readonly List<string> _tokens = [];
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<(string Left, string Right)> _merges = [];

    public TokenTable()
    {
        for (var value = 0; value < 256; value++)
        {
            Add(ByteAlphabet.CharacterOf((byte)value).ToString());
        }
    }

    public int Count => _tokens.Count;

    /// <summary>The tokens in the byte alphabet, by id.</summary>
    public IReadOnlyList<string> Vocabulary => _tokens;

    public IReadOnlyList<(string Left, string Right)> Merges => _merges;

    /// <summary>
    /// Records a merge and returns the id of its product. Two different merges may have the same product, which is one token.
    /// </summary>
    public int Merge(int left, int right)
    {
        _merges.Add((_tokens[left], _tokens[right]));
        var product = _tokens[left] + _tokens[right];
        return _ids.TryGetValue(product, out var id) ? id : Add(product);
    }

    private int Add(string token)
    {
        _ids[token] = _tokens.Count;
        _tokens.Add(token);
        return _tokens.Count - 1;
    }
}
