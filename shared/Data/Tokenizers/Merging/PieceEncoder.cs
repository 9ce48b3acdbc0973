using System.Collections.Concurrent;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Distributed.Data.Tokenizers.Merging;

/// <summary>
/// Encodes a piece of text to ids, and caches pieces. Microsoft.ML.Tokenizers merges the pieces; its ids agree with Hugging Face's for
/// whole pieces. It is not used for splitting (it treats the halves of letters beyond U+FFFF as symbols), normalization (a no-op under
/// invariant globalization), lone surrogates (it produces bytes that are not UTF-8), or pieces of more than <see cref="LongPiece"/>
/// characters (its time is quadratic in the length: 100 000 letters without a space took 1.3 s). Thread-safe.
/// </summary>
internal sealed class PieceEncoder
{
    public const int LongPiece = 256;
    private const int LongestRemembered = 64;
    private const int MostRemembered = 1 << 17;

    private readonly MergeTable _table;
    private readonly bool _wholePieceFirst;
    private readonly Microsoft.ML.Tokenizers.BpeTokenizer _library;
    private readonly ConcurrentDictionary<string, int[]> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private int _remembered;

    /// <summary>Creates an encoder.</summary>
    /// <param name="table">Vocabulary and merges.</param>
    /// <param name="wholePieceFirst">Whether a piece that is a token is not merged (<c>ignore_merges</c> in tokenizer.json).</param>
    public PieceEncoder(MergeTable table, bool wholePieceFirst)
    {
        _table = table;
        _wholePieceFirst = wholePieceFirst;
        _lookup = _known.GetAlternateLookup<ReadOnlySpan<char>>();
        _library = Microsoft.ML.Tokenizers.BpeTokenizer.Create(new BpeOptions(table.Vocabulary)
        {
            Merges = table.Merges.Select(merge => $"{merge.Left} {merge.Right}"),
            ByteLevel = true,
        });
    }

    /// <summary>The ids of a piece.</summary>
    /// <param name="piece">Well-formed UTF-16, not empty.</param>
    public int[] Encode(ReadOnlySpan<char> piece)
    {
        if (piece.Length > LongestRemembered)
        {
            return Merge(piece);
        }

        if (_lookup.TryGetValue(piece, out var ids))
        {
            return ids;
        }

        ids = Merge(piece);
        // Counted separately, because the Count of a ConcurrentDictionary takes all its locks.
        if (Volatile.Read(ref _remembered) < MostRemembered && _lookup.TryAdd(piece, ids))
        {
            Interlocked.Increment(ref _remembered);
        }

        return ids;
    }

    private int[] Merge(ReadOnlySpan<char> piece)
    {
        if (_wholePieceFirst || piece.Length > LongPiece)
        {
            var bytes = new byte[Encoding.UTF8.GetMaxByteCount(piece.Length)];
            var used = bytes.AsSpan(0, Encoding.UTF8.GetBytes(piece, bytes));
            if (_wholePieceFirst && _table.Vocabulary.TryGetValue(ByteAlphabet.Write(used), out var whole))
            {
                return [whole];
            }

            if (piece.Length > LongPiece)
            {
                return HeapMerger.Merge(_table, used);
            }
        }

        return [.. _library.EncodeToIds(piece, considerPreTokenization: false, considerNormalization: false)];
    }
}
