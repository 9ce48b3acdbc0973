namespace Distributed.Transports.SameHost;

/// <summary>What a rank receives from one other: a frame, and its bytes once the rank has started that exchange itself.</summary>
internal sealed unsafe class Incoming(PairRing ring, int source)
{
    private Frame _frame;
    private bool _begun;
    private HostRound? _round; // that of the frame, once it has been found to fit
    private long _done, _next; // bytes of the frame's; its number

    /// <summary>What is wrong with what the writer has left here, in words; null where nothing is.</summary>
    public string? Garbage { get; private set; }

    /// <summary>Reads what there is and may be read, about one turn; whether it read anything.</summary>
    /// <param name="rounds">Those that this rank has started and that are not complete, by number.</param>
    /// <param name="check">Finds whether a frame is what this rank expects; false ends the reading.</param>
    /// <param name="madeRoom">Whether the writer had waited for room that there is now.</param>
    public bool Read(IReadOnlyDictionary<long, HostRound> rounds, Func<HostRound, int, Frame, bool> check, out bool madeRoom)
    {
        var moved = 0L;
        while (moved < Outgoing.Turn)
        {
            var ready = ring.Ready;
            if (ready < 0) Garbage = "its count of bytes is beyond the ring";
            if (Garbage is not null) break;
            if (!_begun)
            {
                if (ready == 0) break;
                fixed (Frame* frame = &_frame) ring.Read((byte*)frame, PairRing.Unit);
                (_begun, moved, ready) = (true, moved + PairRing.Unit, ready - PairRing.Unit);
                if (_frame.Number != _next++)
                {
                    Garbage = $"a frame of exchange {_frame.Number} where that of {_next - 1} is due";
                    break;
                }
            }

            if (_round is null)
            {
                if (!rounds.TryGetValue(_frame.Number, out var round) || !check(round, source, _frame)) break;
                (_round, _done) = (round, 0);
            }

            var left = _frame.Bytes - _done;
            // The writer pads the last piece.
            var count = Math.Min(Math.Min(left, Outgoing.Turn), ready);
            if (count == 0 && left > 0) break;
            if (count > 0) ring.Read((byte*)_round.Receive[source].Pointer + _done, count);
            (_done, moved) = (_done + count, moved + count);
            if (_done < _frame.Bytes) continue;
            _round.OnePartDone();
            (_begun, _round) = (false, null);
        }

        madeRoom = false;
        if (moved == 0) return false;
        Interlocked.MemoryBarrier(); // the writer looks for room once more after it has said that it wants some
        madeRoom = ring.IsFull;
        return true;
    }
}
