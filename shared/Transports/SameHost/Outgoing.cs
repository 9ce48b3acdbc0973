namespace Distributed.Transports.SameHost;

/// <summary>Sends to one other rank: frame after frame, while there is room.</summary>
internal sealed unsafe class Outgoing(PairRing ring)
{
    /// <summary>
    /// Bytes after which they are published to the reader and other peers are served; few enough to stay in a core's cache.
    /// </summary>
    public const long PieceBytes = 128 << 10;

    private readonly Queue<(Frame Frame, ExchangeBuffer Buffer, SameHostExchangeState Exchange)> _waiting = [];
    private long _done = -1; // bytes of the first buffer that are written; -1 before its frame is written

    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Why the data of the reader is invalid; null while it is valid.</summary>
    public string? InvalidData { get; private set; }

    public void Add(Frame frame, ExchangeBuffer buffer, SameHostExchangeState state) => _waiting.Enqueue((frame, buffer, state));

    /// <summary>Writes what there is room for, about <see cref="PieceBytes"/> bytes. Returns whether anything was written.</summary>
    public bool Write()
    {
        var moved = 0L;
        while (moved < PieceBytes && _waiting.TryPeek(out var next))
        {
            var free = ring.Free;
            if (free < 0) InvalidData = "its byte counter is outside the ring";
            if (InvalidData is not null) break;
            if (_done < 0)
            {
                if (free < PairRing.Unit) break;
                var frame = next.Frame;
                ring.Write((byte*)&frame, PairRing.Unit);
                (_done, moved, free) = (0, moved + PairRing.Unit, free - PairRing.Unit);
            }

            var count = Math.Min(Math.Min(next.Buffer.Bytes - _done, PieceBytes), free);
            if (count == 0 && _done < next.Buffer.Bytes) break;
            if (count > 0) ring.Write((byte*)next.Buffer.Pointer + _done, count);
            (_done, moved) = (_done + count, moved + count);
            if (_done < next.Buffer.Bytes) continue;
            next.Exchange.OnePartDone();
            _waiting.Dequeue();
            _done = -1;
        }

        ring.IsFull = !IsEmpty;
        return moved > 0;
    }
}
