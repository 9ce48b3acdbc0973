using System.Text;
using Distributed.Data.Tokenizers.Format;
using Distributed.Data.Tokenizers.Merging;

namespace Distributed.Data.Tokenizers;

/// <summary>The bytes of each id.</summary>
internal sealed class TokenBytes
{
    private readonly byte[][] _bytes;
    private readonly bool[] _special;

    public TokenBytes(TokenizerDefinition definition)
    {
        var vocabulary = definition.Table.Vocabulary;
        Count = Math.Max(vocabulary.Values.Max(), definition.AddedTokens.Select(token => token.Id).DefaultIfEmpty().Max()) + 1;
        _bytes = new byte[Count][];
        _special = new bool[Count];
        // An unused id, which some files have, has no bytes.
        Array.Fill(_bytes, []);
        foreach (var (token, id) in vocabulary)
        {
            _bytes[id] = ByteAlphabet.Read(token);
        }

        foreach (var token in definition.AddedTokens)
        {
            _bytes[token.Id] = Encoding.UTF8.GetBytes(token.Content);
            _special[token.Id] = token.IsSpecial;
        }
    }

    public int Count { get; }

    public ReadOnlySpan<byte> Of(int id) => _bytes[Checked(id)];

    public bool IsSpecial(int id) => _special[Checked(id)];

    public byte[] Join(ReadOnlySpan<int> ids, bool skipSpecial)
    {
        var length = 0;
        foreach (var id in ids)
        {
            length += skipSpecial && IsSpecial(id) ? 0 : Of(id).Length;
        }

        var joined = new byte[length];
        var at = 0;
        foreach (var id in ids)
        {
            if (!skipSpecial || !IsSpecial(id))
            {
                Of(id).CopyTo(joined.AsSpan(at));
                at += Of(id).Length;
            }
        }

        return joined;
    }

    private int Checked(int id) => (uint)id < (uint)Count ? id : throw new ArgumentOutOfRangeException(
        nameof(id), id, $"The vocabulary has {Count} ids, 0 to {Count - 1}.");
}
