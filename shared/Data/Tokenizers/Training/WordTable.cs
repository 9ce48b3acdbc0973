using System.Text;

namespace Distributed.Data.Tokenizers.Training;

/// <summary>The distinct pieces as symbols, consecutive in one array, and their pairs.</summary>
internal sealed class WordTable
{
    private readonly int[] _symbols;
    private readonly (int Start, int Length, long Count)[] _words;

    public WordTable(IReadOnlyDictionary<string, long> pieces)
    {
        _symbols = new int[checked((int)pieces.Keys.Sum(piece => (long)Encoding.UTF8.GetByteCount(piece)))];
        _words = new (int, int, long)[pieces.Count];
        var (word, at) = (0, 0);
        foreach (var (piece, count) in pieces)
        {
            var start = at;
            foreach (var value in Encoding.UTF8.GetBytes(piece))
            {
                _symbols[at++] = value;
            }

            _words[word] = (start, at - start, count);
            for (var i = start; i + 1 < at; i++)
            {
                Pairs.Add(_symbols[i], _symbols[i + 1], word, count);
            }

            word++;
        }

        Pairs.UpdateHeap();
    }

    public PairTable Pairs { get; } = new();

    /// <summary>Replaces every occurrence of a pair by its product, from left to right, and updates the counts.</summary>
    /// <param name="left">The pair's first symbol.</param>
    /// <param name="right">The pair's second symbol.</param>
    /// <param name="product">The symbol that replaces the pair.</param>
    /// <param name="holders">Every word that has the pair, and possibly others.</param>
    public void Merge(int left, int right, int product, List<int> holders)
    {
        foreach (var word in holders)
        {
            var (start, length, count) = _words[word];
            var symbols = _symbols.AsSpan(start, length);
            var first = Find(symbols, left, right);
            if (first < 0)
            {
                continue;
            }

            for (var i = 0; i + 1 < symbols.Length; i++)
            {
                Pairs.Remove(symbols[i], symbols[i + 1], count);
            }

            var kept = Replace(symbols, first, left, right, product);
            _words[word].Length = kept;
            for (var i = 0; i + 1 < kept; i++)
            {
                if (symbols[i] == product || symbols[i + 1] == product)
                {
                    Pairs.Add(symbols[i], symbols[i + 1], word, count);
                }
                else
                {
                    Pairs.Restore(symbols[i], symbols[i + 1], count);
                }
            }
        }

        Pairs.UpdateHeap();
    }

    private static int Find(ReadOnlySpan<int> symbols, int left, int right)
    {
        for (var i = 0; i + 1 < symbols.Length; i++)
        {
            if (symbols[i] == left && symbols[i + 1] == right)
            {
                return i;
            }
        }

        return -1;
    }

    private static int Replace(Span<int> symbols, int first, int left, int right, int product)
    {
        var kept = first;
        for (var i = first; i < symbols.Length; i++)
        {
            var isPair = symbols[i] == left && i + 1 < symbols.Length && symbols[i + 1] == right;
            symbols[kept++] = isPair ? product : symbols[i];
            i += isPair ? 1 : 0;
        }

        return kept;
    }
}
