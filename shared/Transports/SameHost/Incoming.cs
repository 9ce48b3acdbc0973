namespace Distributed.Transports.SameHost;

/// <summary>Receives from one other rank: a frame, then its bytes once this rank has started the exchange.</summary>
internal sealed unsafe class Incoming(PairRing ring, int source)
{
    private Frame _frame;
    private bool _begun;
    private SameHostExchangeState? _state; // exchange of the frame, once the frame has been accepted
    private long _done, _next; // bytes of the frame that are read; number of the next frame

    /// <summary>Why the data of the writer is invalid; null while it is valid.</summary>
    public string? InvalidData { get; private set; }

    /// <summary>
    /// Reads what is available and may be read, about <see cref="Outgoing.PieceBytes"/> bytes. Returns whether anything was read.
    /// </summary>
    /// <param name="exchanges">Exchanges that this rank has started and that are not complete, by number.</param>
    /// <param name="check">Returns whether a frame is what this rank expects; false ends the reading.</param>
    /// <param name="madeRoom">Whether the writer waits for room that is now available.</param>
    public bool Read(IReadOnlyDictionary<long, SameHostExchangeState> exchanges,
        Func<SameHostExchangeState, int, Frame, bool> check, out bool madeRoom)
    {
        var moved = 0L;
        while (moved < Outgoing.PieceBytes)
        {
            var ready = ring.Ready;
            if (ready < 0) InvalidData = "its byte counter is outside the ring";
            if (InvalidData is not null) break;
            if (!_begun)
            {
                if (ready == 0) break;
                fixed (Frame* frame = &_frame) ring.Read((byte*)frame, PairRing.Unit);
                (_begun, moved, ready) = (true, moved + PairRing.Unit, ready - PairRing.Unit);
                if (_frame.Number != _next++)
                {
                    InvalidData = $"a frame of exchange {_frame.Number} instead of exchange {_next - 1}";
                    break;
                }
            }

            if (_state is null)
            {
                if (!exchanges.TryGetValue(_frame.Number, out var state) || !check(state, source, _frame)) break;
                (_state, _done) = (state, 0);
            }

            var left = _frame.Bytes - _done;
            // The writer pads the last piece.
            var count = Math.Min(Math.Min(left, Outgoing.PieceBytes), ready);
            if (count == 0 && left > 0) break;
            if (count > 0) ring.Read((byte*)_state.Receive[source].Pointer + _done, count);
            (_done, moved) = (_done + count, moved + count);
            if (_done < _frame.Bytes) continue;
            _state.OnePartDone();
            (_begun, _state) = (false, null);
        }

        madeRoom = false;
        if (moved == 0) return false;
        Interlocked.MemoryBarrier(); // the writer checks for room once more after it has marked the ring as full
        madeRoom = ring.IsFull;
        return true;
    }
}
