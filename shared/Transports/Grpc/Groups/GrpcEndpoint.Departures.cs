using Distributed.Transports.Grpc.Frames;

namespace Distributed.Transports.Grpc.Groups;

/// <summary>Sends frames to the other ranks.</summary>
internal sealed partial class GrpcEndpoint
{
    /// <summary>Prepares a frame for writing, and the caller's memory for reading. Returns false if the group is fenced.</summary>
    public bool TryBegin(in OutgoingFrame outgoing, OutboundFrame frame)
    {
        if (!_fence.TryBeginCopy()) return false;
        var state = outgoing.Exchange;
        var announces = outgoing.Kind == FrameKind.Announcement;
        frame.IsWritten = false;
        frame.Lengths = announces ? state!.Own!.Lengths : [];
        frame.Payload = outgoing.Length > 0 ? checked((nint)(state!.Send[outgoing.Peer].Pointer + outgoing.Offset)) : 0;
        frame.Header = new FrameHeader(
            outgoing.Kind, _fabric.Fingerprint, _fabric.Identity.Epoch, _number, _fabric.Rank,
            outgoing.Kind == FrameKind.Progress ? TakeProgress(outgoing.Peer) : state?.Number ?? _started, state?.Own!.Tag ?? default,
            announces ? Size : 0, outgoing.Offset, outgoing.Length);
        return true;
    }

    /// <summary>Ends the copy that <see cref="TryBegin"/> began.</summary>
    public void End(in OutgoingFrame outgoing, bool isWritten)
    {
        lock (_fence.Gate)
        {
            _fence.EndCopy_NeedsLock();
            if (!isWritten || outgoing.Exchange is null) return;
            outgoing.Exchange.Sent(outgoing.Peer, outgoing.Length);
            Finish_NeedsLock(outgoing.Exchange);
        }
    }

    // Announces the started exchanges to the peer, at most ExchangesAhead more than the peer has started.
    private void Announce_NeedsLock(int peer)
    {
        ref var progress = ref _peers[peer];
        while (progress.AnnouncedTo < _started && progress.AnnouncedTo < progress.Announced + WireLimits.ExchangesAhead)
        {
            var state = _exchanges[progress.AnnouncedTo++];
            var bytes = state.Send[peer].Bytes;
            var isExpected = state.AnnouncedBy(peer) is not null;
            var isEager = bytes <= _fabric.ServerOptions.EagerBytes
                && (isExpected || progress.Credit + bytes <= WireLimits.EagerCreditBytes);
            if (isEager && !isExpected)
            {
                state.Charge(peer, bytes);
                progress.Credit += bytes;
            }

            Outbox(peer).SendControl(new OutgoingFrame(this, FrameKind.Announcement, peer, state, 0, isEager ? bytes : 0));
            if (isEager) continue;
            state.SetLarge(peer);
            if (isExpected) SendChunks_NeedsLock(state, peer);
        }
    }

    // The peer has started the exchange, so its receive buffer is ready.
    private void SendChunks_NeedsLock(GrpcExchangeState state, int peer)
    {
        var bytes = state.Send[peer].Bytes;
        for (var offset = 0L; offset < bytes; offset += _fabric.ServerOptions.ChunkBytes)
        {
            var length = Math.Min(bytes - offset, _fabric.ServerOptions.ChunkBytes);
            Outbox(peer).Send(new OutgoingFrame(this, FrameKind.Chunk, peer, state, offset, length));
        }
    }

    private void SendLeave_NeedsLock()
    {
        for (var peer = 0; peer < Size; peer++)
        {
            if (peer != Rank) Outbox(peer).SendControl(new OutgoingFrame(this, FrameKind.Leave, peer, null, 0, 0));
        }
    }

    private Links.Outbox Outbox(int peer) => _fabric.OutboxOf(WorldRankOf(peer));
}
