using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Distributed.Transports.Grpc.Frames;

namespace Distributed.Transports.Grpc.Groups;

/// <summary>Handles frames of the other ranks on network threads. No method waits for another rank.</summary>
internal sealed partial class GrpcEndpoint
{
    /// <summary>Returns the group rank of a world rank; -1 if it is not in the group.</summary>
    public int GroupRankOf(int worldRank) => Array.IndexOf(_ranks, worldRank);

    /// <summary>Returns whether a world rank has left the group; true if it is not in the group.</summary>
    public bool HasPeerLeft(int worldRank)
    {
        var peer = GroupRankOf(worldRank);
        lock (_fence.Gate) return peer < 0 || _peers[peer].LeftAfter is not null;
    }

    public Refusal? OnAnnounced(int peer, in FrameHeader header, ReadOnlySequence<byte> lengths, ReadOnlySequence<byte> payload)
    {
        GrpcExchangeState state;
        ExchangeMismatchException? mismatch;
        var copies = false;
        lock (_fence.Gate)
        {
            if (_fence.Cause is not null || _left) return null;
            ref var progress = ref _peers[peer];
            if (header.Exchange != progress.Announced || header.Exchange >= _started + WireLimits.ExchangesAhead)
            {
                return new(
                    RefusalKind.Order,
                    $"exchange {header.Exchange} ({header.Tag}) is announced; expected exchange {progress.Announced}, "
                    + $"below {_started + WireLimits.ExchangesAhead}");
            }
            var announcement = new Announcement(header.Tag, ReadLengths(lengths));
            if (announcement.Lengths.Any(length => length < 0) || (payload.Length > 0 && payload.Length != announcement.SentTo(Rank)))
                return new(RefusalKind.Length, $"the lengths announced for {header.Tag} are negative or do not match the payload");

            state = State_NeedsLock(header.Exchange);
            if (payload.Length > 0 && !state.IsPosted)
            {
                if (progress.Held + payload.Length > WireLimits.EagerCreditBytes)
                    return new(RefusalKind.Length, $"more than {WireLimits.EagerCreditBytes} bytes arrived ahead of their exchanges");
                Hold_NeedsLock(state, peer, payload);
            }

            progress.Announced++;
            state.Announce(peer, announcement);
            progress.Credit -= state.TakeCredit(peer);
            mismatch = state.FindMismatch(peer);
            if (mismatch is null)
            {
                if (state.IsLarge(peer)) SendChunks_NeedsLock(state, peer);
                Announce_NeedsLock(peer);
                copies = payload.Length > 0 && state.IsPosted && _fence.TryBeginCopy_NeedsLock();
            }
            else
            {
                state.IsBroken = true;
            }
            Finish_NeedsLock(state);
        }

        if (mismatch is not null) _fabric.RaiseInBackground(FenceCause.Detected(WorldRankOf(Rank), mismatch));
        if (copies) Copy(state, peer, 0, payload);
        return null;
    }

    public Refusal? OnChunk(int peer, in FrameHeader header, ReadOnlySequence<byte> payload)
    {
        GrpcExchangeState? state;
        lock (_fence.Gate)
        {
            if (_fence.Cause is not null || _left) return null;
            if (!_exchanges.TryGetValue(header.Exchange, out state) || !state.IsPosted || state.Own.Tag != header.Tag)
                return new(RefusalKind.Order, $"a chunk arrived for exchange {header.Exchange} ({header.Tag}), which is not in flight");
            var expected = state.Receive[peer].Bytes;
            if (header.Offset < 0 || header.Offset > expected - payload.Length || payload.Length > state.ToReceive(peer))
            {
                return new(
                    RefusalKind.Length,
                    $"{payload.Length} bytes at offset {header.Offset} of {header.Tag} do not fit into the buffer of {expected} bytes, "
                    + $"of which {state.ToReceive(peer)} have not arrived");
            }
            if (!_fence.TryBeginCopy_NeedsLock()) return null;
        }

        Copy(state, peer, header.Offset, payload);
        return null;
    }

    public Refusal? OnLeft(int peer, in FrameHeader header)
    {
        FenceCause? absence = null;
        lock (_fence.Gate)
        {
            if (header.Exchange != _peers[peer].Announced || _peers[peer].LeftAfter is not null)
                return new(RefusalKind.Order, $"it left after {header.Exchange} exchanges, but announced {_peers[peer].Announced}");
            _peers[peer].LeftAfter = header.Exchange;
            if (_started > header.Exchange && !_left) absence = Absence(peer, _exchanges[header.Exchange].Own!.Tag);
        }

        if (absence is not null) _fabric.RaiseInBackground(absence);
        return null;
    }

    private void Hold_NeedsLock(GrpcExchangeState state, int peer, ReadOnlySequence<byte> payload)
    {
        var bytes = (int)payload.Length;
        var rented = ArrayPool<byte>.Shared.Rent(bytes);
        payload.CopyTo(rented);
        state.Hold(peer, rented, bytes);
        _peers[peer].Held += bytes;
    }

    private static unsafe void CopyHeld(byte[] rented, int bytes, ExchangeBuffer to)
    {
        rented.AsSpan(0, bytes).CopyTo(new Span<byte>((void*)to.Pointer, bytes));
        ArrayPool<byte>.Shared.Return(rented);
    }

    private unsafe void Copy(GrpcExchangeState state, int peer, long offset, ReadOnlySequence<byte> payload)
    {
        var to = (byte*)state.Receive[peer].Pointer + offset;
        foreach (var segment in payload)
        {
            segment.Span.CopyTo(new Span<byte>(to, segment.Length));
            to += segment.Length;
        }

        lock (_fence.Gate)
        {
            _fence.EndCopy_NeedsLock();
            state.Received(peer, payload.Length);
            Finish_NeedsLock(state);
        }
    }

    private static long[] ReadLengths(ReadOnlySequence<byte> lengths)
    {
        var values = new long[lengths.Length / 8];
        lengths.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        if (!BitConverter.IsLittleEndian) BinaryPrimitives.ReverseEndianness(values, values);
        return values;
    }
}
