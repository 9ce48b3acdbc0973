namespace Distributed.Transports.Nccl;

/// <summary>
/// The header that a rank sends to all others before the bytes of an operation, because NCCL compares nothing: the number and tag of the
/// operation, and all lengths that the rank sends and expects. With the headers of all ranks, each rank checks whether any two disagree.
/// </summary>
internal readonly struct NcclHeader
{
    private const long Mark = 0x4e43_434c_4858_0001;
    private const int Fields = 6;
    private readonly Memory<long> _words; // mark, number, epoch, step, micro-batch and layer, phase, N lengths sent, N expected

    private NcclHeader(Memory<long> words) => _words = words;

    private long Number => _words.Span[1];

    private ExchangeTag Tag
    {
        get
        {
            var words = _words.Span;
            return new ExchangeTag(words[2], words[3], (int)(words[4] >> 32), (int)words[4], (ExchangePhase)words[5]);
        }
    }

    /// <summary>Returns the length of a header in a group of a given size, in 8-byte words.</summary>
    public static int WordsOf(int size) => Fields + 2 * size;

    /// <summary>Writes the header of this rank.</summary>
    public static void Write(NcclTransfer transfer, int size, Span<long> words)
    {
        var tag = transfer.Tag;
        var places = (long)tag.MicroBatch << 32 | (uint)tag.Layer;
        ReadOnlySpan<long> fields = [Mark, transfer.Number, tag.Epoch, tag.Step, places, (long)tag.Phase];
        fields.CopyTo(words);
        for (var peer = 0; peer < size; peer++)
        {
            words[Fields + peer] = transfer.SendBytes(peer);
            words[Fields + size + peer] = transfer.ReceiveBytes(peer);
        }
    }

    /// <summary>Reads the headers of all ranks, which follow each other.</summary>
    public static NcclHeader[] Read(int size, Memory<long> words) =>
        [.. Enumerable.Range(0, size).Select(rank => new NcclHeader(words.Slice(rank * WordsOf(size), WordsOf(size))))];

    /// <summary>Compares the headers of two ranks. Returns null if they agree.</summary>
    /// <param name="headers">Headers of all ranks, by rank.</param>
    /// <param name="rank">Rank that compares.</param>
    /// <param name="peer">Rank to compare with.</param>
    /// <param name="worldRankOf">Returns the world rank of a rank, for errors.</param>
    public static Exception? FindMismatch(NcclHeader[] headers, int rank, int peer, Func<int, int> worldRankOf)
    {
        var (own, other) = (headers[rank], headers[peer]);
        if (other._words.Span[0] != Mark || other.Number != own.Number)
        {
            return new InvalidOperationException(
                $"Rank {worldRankOf(rank)} received no header of operation {own.Number} "
                + $"from rank {worldRankOf(peer)}: the ranks run different operations.");
        }

        var size = headers.Length;
        if (own.Tag != other.Tag) return ExchangeMismatchException.OfTags(worldRankOf(rank), own.Tag, worldRankOf(peer), other.Tag);
        var (sent, expected) = (own._words.Span[Fields + peer], other._words.Span[Fields + size + rank]);
        if (sent != expected)
            return ExchangeMismatchException.OfLengths(worldRankOf(rank), own.Tag, worldRankOf(rank), sent, worldRankOf(peer), expected);
        (sent, expected) = (other._words.Span[Fields + rank], own._words.Span[Fields + size + peer]);
        return sent == expected
            ? null : ExchangeMismatchException.OfLengths(worldRankOf(rank), own.Tag, worldRankOf(peer), sent, worldRankOf(rank), expected);
    }
}
