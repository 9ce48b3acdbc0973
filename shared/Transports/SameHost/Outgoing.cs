namespace Distributed.Transports.SameHost;

/// <summary>What a rank sends to one other: frame after frame, as far as there is room.</summary>
internal sealed unsafe class Outgoing(PairRing ring)
{
    /// <summary>Bytes after which the reader is shown them, and others get their turn: as many as stay in a core's cache meanwhile.</summary>
    public const long Turn = 128 << 10;

    private readonly Queue<(Frame Frame, ExchangeBuffer Buffer, HostRound Round)> _waiting = [];
    private long _done = -1; // bytes of the first one's buffer that are written; -1 before its frame is

    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>What is wrong with what the reader has left here, in words; null where nothing is.</summary>
    public string? Garbage { get; private set; }

    public void Add(Frame frame, ExchangeBuffer buffer, HostRound round) => _waiting.Enqueue((frame, buffer, round));

    /// <summary>Writes what there is room for, about one turn; whether it wrote anything.</summary>
    public bool Write()
    {
        var moved = 0L;
        while (moved < Turn && _waiting.TryPeek(out var next))
        {
            var free = ring.Free;
            if (free < 0) Garbage = "its count of bytes is beyond the ring";
            if (Garbage is not null) break;
            if (_done < 0)
            {
                if (free < PairRing.Unit) break;
                var frame = next.Frame;
                ring.Write((byte*)&frame, PairRing.Unit);
                (_done, moved, free) = (0, moved + PairRing.Unit, free - PairRing.Unit);
            }

            var count = Math.Min(Math.Min(next.Buffer.Bytes - _done, Turn), free);
            if (count == 0 && _done < next.Buffer.Bytes) break;
            if (count > 0) ring.Write((byte*)next.Buffer.Pointer + _done, count);
            (_done, moved) = (_done + count, moved + count);
            if (_done < next.Buffer.Bytes) continue;
            next.Round.OnePartDone();
            _waiting.Dequeue();
            _done = -1;
        }

        ring.IsFull = !IsEmpty;
        return moved > 0;
    }
}
