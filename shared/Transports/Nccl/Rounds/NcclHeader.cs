namespace Distributed.Transports.Nccl;

/// <summary>
/// What a rank tells all others before an operation's bytes pass, for NCCL compares nothing: the operation's number and
/// tag, and the lengths of all that it sends and expects. With everybody's, each rank knows whether any two disagree.
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

    /// <summary>The length of a header in a group of so many ranks.</summary>
    public static int WordsOf(int size) => Fields + 2 * size;

    /// <summary>This rank's header, written into its words.</summary>
    public static void Write(NcclRound round, int size, Span<long> words)
    {
        var tag = round.Tag;
        var places = (long)tag.MicroBatch << 32 | (uint)tag.Layer;
        ReadOnlySpan<long> fields = [Mark, round.Number, tag.Epoch, tag.Step, places, (long)tag.Phase];
        fields.CopyTo(words);
        for (var peer = 0; peer < size; peer++)
        {
            words[Fields + peer] = round.SendBytes(peer);
            words[Fields + size + peer] = round.ReceiveBytes(peer);
        }
    }

    /// <summary>The headers of all ranks, one after the other.</summary>
    public static NcclHeader[] Read(int size, Memory<long> words) =>
        [.. Enumerable.Range(0, size).Select(rank => new NcclHeader(words.Slice(rank * WordsOf(size), WordsOf(size))))];

    /// <summary>What is wrong between a rank and another one, by their names, or null.</summary>
    public static Exception? FindMismatch(NcclHeader[] headers, int rank, int peer, Func<int, int> name)
    {
        var (own, other) = (headers[rank], headers[peer]);
        if (other._words.Span[0] != Mark || other.Number != own.Number)
        {
            return new InvalidOperationException(
                $"Rank {name(rank)} received no header of operation {own.Number} from rank {name(peer)}: the communicator is out of step.");
        }

        var size = headers.Length;
        if (own.Tag != other.Tag) return ExchangeMismatchException.OfTags(name(rank), own.Tag, name(peer), other.Tag);
        var (sent, expected) = (own._words.Span[Fields + peer], other._words.Span[Fields + size + rank]);
        if (sent != expected) return ExchangeMismatchException.OfLengths(name(rank), own.Tag, name(rank), sent, name(peer), expected);
        (sent, expected) = (other._words.Span[Fields + rank], own._words.Span[Fields + size + peer]);
        return sent == expected ? null : ExchangeMismatchException.OfLengths(name(rank), own.Tag, name(peer), sent, name(rank), expected);
    }
}
