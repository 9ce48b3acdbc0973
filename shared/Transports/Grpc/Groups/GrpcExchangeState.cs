using System.Diagnostics.CodeAnalysis;

namespace Distributed.Transports.Grpc.Groups;

/// <summary>
/// State of one exchange on one rank: the announcements of all ranks, and the progress of this rank's buffers. All members need the
/// fence's lock.
/// </summary>
internal sealed class GrpcExchangeState(int rank, int size, long number, Func<int, int> worldRankOf)
{
    private readonly Announcement?[] _announced = new Announcement?[size];
    private readonly Pair[] _pairs = new Pair[size]; // by peer
    private int _open = 3 * size; // parts that are not done; for each peer: announced, received, sent

    private struct Pair
    {
        public long ToReceive, ToSend; // bytes left, once posted
        public byte[]? Held;           // payload that arrived before this rank started the exchange
        public int HeldBytes;
        public bool IsLarge;           // whether the payload to the peer does not fit into the announcement
        public long Credit;            // payload bytes that the peer may have to hold
    }

    public long Number { get; } = number;

    public ExchangeBuffer[] Send { get; private set; } = [];

    public ExchangeBuffer[] Receive { get; private set; } = [];

    /// <summary>Whether this rank has started the exchange.</summary>
    [MemberNotNullWhen(true, nameof(Own))]
    public bool IsPosted => Own is not null;

    public Announcement? Own => _announced[rank];

    /// <summary>Whether two ranks disagree. The exchange then never completes.</summary>
    public bool IsBroken { get; set; }

    public bool IsComplete => _open == 0 && !IsBroken;

    public Announcement? AnnouncedBy(int peer) => _announced[peer];

    public Announcement AnyAnnouncement() => _announced.First(each => each is not null)!;

    public void Post(ExchangeTag tag, ExchangeBuffer[] send, ExchangeBuffer[] receive)
    {
        (Send, Receive) = (send, receive);
        Announce(rank, Announcement.Of(tag, send, receive));
        for (var peer = 0; peer < size; peer++)
        {
            (_pairs[peer].ToReceive, _pairs[peer].ToSend) = (receive[peer].Bytes, send[peer].Bytes);
            if (receive[peer].Bytes == 0) _open--;
            if (send[peer].Bytes == 0) _open--;
        }
    }

    public void Announce(int peer, Announcement announcement)
    {
        _announced[peer] = announcement;
        _open--;
    }

    /// <summary>Bytes of a peer that have not arrived.</summary>
    public long ToReceive(int peer) => _pairs[peer].ToReceive;

    public void Received(int peer, long bytes)
    {
        if ((_pairs[peer].ToReceive -= bytes) == 0 && bytes > 0) _open--;
    }

    public void Sent(int peer, long bytes)
    {
        if ((_pairs[peer].ToSend -= bytes) == 0 && bytes > 0) _open--;
    }

    public bool IsLarge(int peer) => _pairs[peer].IsLarge;

    public void SetLarge(int peer) => _pairs[peer].IsLarge = true;

    public void Charge(int peer, long bytes) => _pairs[peer].Credit = bytes;

    /// <summary>Takes back the credit that the payload sent to a peer uses, in bytes.</summary>
    public long TakeCredit(int peer)
    {
        var credit = _pairs[peer].Credit;
        _pairs[peer].Credit = 0;
        return credit;
    }

    public void Hold(int peer, byte[] rented, int bytes) => (_pairs[peer].Held, _pairs[peer].HeldBytes) = (rented, bytes);

    /// <summary>Takes the payload that is held for this rank; null if there is none.</summary>
    public (byte[] Rented, int Bytes)? TakeHeld(int peer)
    {
        if (_pairs[peer].Held is not { } held) return null;
        _pairs[peer].Held = null;
        return (held, _pairs[peer].HeldBytes);
    }

    /// <summary>Compares a rank's announcement with the others. Returns null if they agree or if this rank has not posted.</summary>
    public ExchangeMismatchException? FindMismatch(int peer)
    {
        if (_announced[peer] is not { } one || Own is not { } own) return null;
        if (one.Tag != own.Tag) return ExchangeMismatchException.OfTags(worldRankOf(rank), own.Tag, worldRankOf(peer), one.Tag);
        for (var i = 0; i < size; i++)
        {
            if (_announced[i] is not { } other || other.Tag != own.Tag) continue;
            if (one.SentTo(i) != other.ExpectedFrom(peer)) return OfLengths(peer, one.SentTo(i), i, other.ExpectedFrom(peer));
            if (other.SentTo(peer) != one.ExpectedFrom(i)) return OfLengths(i, other.SentTo(peer), peer, one.ExpectedFrom(i));
        }
        return null;
    }

    /// <summary>
    /// Ranks that this one waits for: those that have not started the exchange, otherwise those whose bytes are in flight.
    /// </summary>
    public IReadOnlyList<int> Missing()
    {
        int[] absent = [.. Enumerable.Range(0, size).Where(peer => _announced[peer] is null)];
        return absent.Length > 0
            ? absent : [.. Enumerable.Range(0, size).Where(peer => _pairs[peer].ToReceive > 0 || _pairs[peer].ToSend > 0)];
    }

    private ExchangeMismatchException OfLengths(int source, long sent, int destination, long expected) =>
        ExchangeMismatchException.OfLengths(worldRankOf(rank), Own!.Tag, worldRankOf(source), sent, worldRankOf(destination), expected);
}
