using System.Runtime.InteropServices;

namespace Distributed.Transports.InMemory;

/// <summary>
/// One exchange of an <see cref="InMemoryFabric"/>: the posts of the ranks, and the progress of each pair of ranks. Everything but
/// <see cref="Copy"/> needs the lock of the fabric.
/// </summary>
internal sealed class InMemoryExchangeState(int size, long number, Func<int, int> worldRankOf)
{
    private readonly Post?[] _posts = new Post?[size];
    private readonly PairState[] _pairs = new PairState[size * size]; // [source * size + destination]
    private readonly int[] _open = [.. Enumerable.Repeat(2 * size - 1, size)]; // by rank: pairs not copied yet
    private readonly long[] _arrivals = new long[size]; // by rank: timestamp at which its last message, sent or received, arrives
    private int _openPairs = size * size;

    private enum PairState : byte
    {
        Open,
        Copying,
        Done,
    }

    public long Number { get; } = number;

    /// <summary>Tag of the exchange, set by each post; all posts have the same.</summary>
    public ExchangeTag Tag { get; private set; }

    /// <summary>Compares a post with the earlier posts. Returns null if they agree.</summary>
    public ExchangeMismatchException? FindMismatch(
        int rank, ExchangeTag tag, ExchangeBuffer[] send, ExchangeBuffer[] receive)
    {
        for (var peer = 0; peer < size; peer++)
        {
            var other = peer == rank ? new Post(tag, send, receive) : _posts[peer];
            if (other is null) continue;
            if (other.Tag != tag) return ExchangeMismatchException.OfTags(worldRankOf(rank), tag, worldRankOf(peer), other.Tag);

            var (sent, expected) = (send[peer].Bytes, other.Receive[rank].Bytes);
            if (sent != expected)
                return ExchangeMismatchException.OfLengths(worldRankOf(rank), tag, worldRankOf(rank), sent, worldRankOf(peer), expected);
            (sent, expected) = (other.Send[rank].Bytes, receive[peer].Bytes);
            if (sent != expected)
                return ExchangeMismatchException.OfLengths(worldRankOf(rank), tag, worldRankOf(peer), sent, worldRankOf(rank), expected);
        }
        return null;
    }

    public void Post(int rank, ExchangeTag tag, ExchangeBuffer[] send, ExchangeBuffer[] receive)
    {
        _posts[rank] = new Post(tag, send, receive);
        Tag = tag;
    }

    /// <summary>Sends the messages that a rank's post has made ready over the links.</summary>
    public void SendOver(LinkTimes links, int rank)
    {
        for (var peer = 0; peer < size; peer++)
        {
            if (peer == rank || _posts[peer] is null) continue;
            var last = Math.Max(links.Send(rank, peer, _posts[rank]!.Send[peer].Bytes),
                links.Send(peer, rank, _posts[peer]!.Send[rank].Bytes));
            foreach (var end in (ReadOnlySpan<int>)[rank, peer]) _arrivals[end] = Math.Max(_arrivals[end], last);
        }
    }

    /// <summary>Timestamp at which the last message of the rank arrives, valid once all ranks have posted.</summary>
    public long ArrivesAt(int rank) => _arrivals[rank];

    public IReadOnlyList<int> Missing() => [.. Enumerable.Range(0, size).Where(rank => _posts[rank] is null)];

    public bool IsCompleted(int rank) => _open[rank] == 0;

    public bool HasReady(int rank) => TryFind(rank, receiveOnly: false, out _, out _);

    /// <summary>Claims a pair that involves the rank and can be copied. The caller copies it and then calls <see cref="Finish"/>.</summary>
    public bool TryClaim(int rank, bool receiveOnly, out int source, out int destination)
    {
        if (!TryFind(rank, receiveOnly, out source, out destination)) return false;
        _pairs[source * size + destination] = PairState.Copying;
        return true;
    }

    public unsafe void Copy(int source, int destination)
    {
        var from = _posts[source]!.Send[destination];
        var to = _posts[destination]!.Receive[source];
        if (from.Bytes == 0 || from.Pointer == to.Pointer) return;
        NativeMemory.Copy((void*)from.Pointer, (void*)to.Pointer, checked((nuint)from.Bytes));
    }

    /// <summary>Marks a claimed pair as copied. Returns whether the exchange is now complete on one of the two ranks.</summary>
    public bool Finish(int source, int destination)
    {
        _pairs[source * size + destination] = PairState.Done;
        _open[source]--;
        if (destination != source) _open[destination]--;
        _openPairs--;
        return _open[source] == 0 || _open[destination] == 0;
    }

    /// <summary>Whether the exchange is complete on every rank.</summary>
    public bool IsOver => _openPairs == 0;

    /// <summary>Bytes that the rank exchanges with other ranks that have posted, in both directions.</summary>
    public long ReadyBytes(int rank)
    {
        var bytes = 0L;
        for (var peer = 0; peer < size; peer++)
            if (peer != rank && _posts[peer] is not null) bytes += _posts[rank]!.Send[peer].Bytes + _posts[rank]!.Receive[peer].Bytes;
        return bytes;
    }

    // Starts with the rank itself and continues with the next, so that the ranks do not all begin with the same peer.
    private bool TryFind(int rank, bool receiveOnly, out int source, out int destination)
    {
        for (var i = 0; i < size; i++)
        {
            var peer = (rank + i) % size;
            if (_posts[rank] is null || _posts[peer] is null) continue;
            (source, destination) = (peer, rank);
            if (_pairs[source * size + destination] == PairState.Open) return true;
            (source, destination) = (rank, peer);
            if (!receiveOnly && _pairs[source * size + destination] == PairState.Open) return true;
        }
        (source, destination) = (-1, -1);
        return false;
    }
}

/// <summary>The tag and the buffers of one rank in an exchange.</summary>
internal sealed record Post(ExchangeTag Tag, ExchangeBuffer[] Send, ExchangeBuffer[] Receive);
