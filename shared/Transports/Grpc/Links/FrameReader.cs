using System.Buffers;
using Distributed.Transports.Grpc.Frames;

namespace Distributed.Transports.Grpc.Links;

/// <summary>
/// Reads the frames of one peer. A frame is checked completely before any byte of it takes effect; its payload is then copied directly
/// to its destination.
/// </summary>
internal sealed class FrameReader(GrpcFabric fabric, int peer)
{
    /// <summary>Why the frames of the peer are no longer accepted; null while they are.</summary>
    public Refusal? Broken { get; private set; }

    public FrameReceipt Accept(ReadOnlySequence<byte> message)
    {
        if (Take(message) is not { } refusal) return FrameReceipt.Taken;
        fabric.Refuse(refusal, peer);
        if (refusal.IsLate) return FrameReceipt.Taken;
        Broken = refusal;
        return FrameReceipt.Broken;
    }

    private Refusal? Take(ReadOnlySequence<byte> message)
    {
        Span<byte> head = stackalloc byte[FrameHeader.Bytes];
        var headBytes = (int)Math.Min(message.Length, FrameHeader.Bytes);
        message.Slice(0, headBytes).CopyTo(head);
        if (FrameHeader.TryRead(head[..headBytes], out var header) is { } malformed) return malformed;
        if (header.Identity != fabric.Fingerprint) return new(RefusalKind.Identity, $"the frame does not belong to {fabric.Identity}");
        if (header.Epoch != fabric.Identity.Epoch)
            return new(RefusalKind.StaleEpoch, $"the frame belongs to epoch {header.Epoch} instead of {fabric.Identity}");
        if (header.Source != peer) return new(RefusalKind.Membership, $"the frame names rank {header.Source} as its source");
        if (fabric.EndOf(peer, header.Group) is not { } end)
            return new(RefusalKind.Membership, $"rank {peer} does not share group {header.Group} with this rank");
        if (!IsLengthRight(header, end.Size, message.Length))
        {
            return new(
                RefusalKind.Length,
                $"a frame of kind {header.Kind} has {message.Length} bytes; "
                + $"its header states {header.Ranks} ranks and {header.Length} bytes");
        }

        var groupRank = end.GroupRankOf(peer);
        var payload = message.Slice(message.Length - header.Length);
        return header.Kind switch
        {
            FrameKind.Announcement => end.OnAnnounced(groupRank, header, message.Slice(FrameHeader.Bytes, 16L * header.Ranks), payload),
            FrameKind.Chunk => end.OnChunk(groupRank, header, payload),
            FrameKind.Leave => end.OnLeft(groupRank, header),
            FrameKind.Progress => end.OnProgress(groupRank, header),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static bool IsLengthRight(in FrameHeader header, int size, long bytes) => header.Kind switch
    {
        FrameKind.Announcement => header.Ranks == size && header.Length is >= 0 and <= WireLimits.MaxEagerBytes,
        FrameKind.Chunk => header.Ranks == 0 && header.Length is > 0 and <= WireLimits.MaxChunkBytes,
        _ => header.Ranks == 0 && header.Length == 0,
    } && header.FrameBytes == bytes;
}
