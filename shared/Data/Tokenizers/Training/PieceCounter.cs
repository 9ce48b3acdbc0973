using System.Text;
using Distributed.Data.Tokenizers.PreTokenizers;
using Distributed.Data.Tokenizers.Unicode;

namespace Distributed.Data.Tokenizers.Training;

/// <summary>Counts the distinct pieces of text, which are the only input of the training.</summary>
internal sealed class PieceCounter : IPieceSink
{
    private readonly SplitPreTokenizer _split;
    private readonly int _longestPieceBytes;
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    public PieceCounter(string pattern, int longestPieceBytes)
    {
        _split = new SplitPreTokenizer(new CodePointRegex(pattern));
        _longestPieceBytes = longestPieceBytes;
        _lookup = _counts.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public IReadOnlyDictionary<string, long> Counts => _counts;

    public void Count(string document)
    {
        if (document.Length > 0)
        {
            _split.Split(WellFormed.Repair(document), this);
        }
    }

    void IPieceSink.Add(ReadOnlySpan<char> piece)
    {
        if (piece.Length <= _longestPieceBytes && Encoding.UTF8.GetByteCount(piece) <= _longestPieceBytes)
        {
            _lookup[piece] = _lookup.TryGetValue(piece, out var count) ? count + 1 : 1;
        }
    }
}
