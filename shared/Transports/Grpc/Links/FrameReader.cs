using System.Buffers;
using Distributed.Transports.Grpc.Frames;

namespace Distributed.Transports.Grpc.Links;

/// <summary>
/// Takes frames from one peer: each is checked against what is known before a byte of it is acted upon, and then goes
/// straight to its place.
/// </summary>
internal sealed class FrameReader(GrpcFabric fabric, int peer)
{
    /// <summary>Why the peer is not believed any more, once it is not.</summary>
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
        if (FrameHeader.TryRead(head[..headBytes], out var header) is { } garbage) return garbage;
        if (header.Identity != fabric.Fingerprint) return new(RefusalKind.Identity, $"the frame is not of {fabric.Identity}");
        if (header.Epoch != fabric.Identity.Epoch) return new(RefusalKind.StaleEpoch, $"the frame is of epoch {header.Epoch}, not of {fabric.Identity}");
        if (header.Source != peer) return new(RefusalKind.Membership, $"the frame says that rank {header.Source} sent it");
        if (fabric.EndOf(peer, header.Group) is not { } end) return new(RefusalKind.Membership, $"rank {peer} has no group {header.Group} in common with this rank");
        if (!IsLengthRight(header, end.Size, message.Length))
            return new(RefusalKind.Length, $"a frame of kind {header.Kind} has {message.Length} bytes, and says {header.Ranks} ranks and {header.Length} bytes");

        var place = end.PlaceOf(peer);
        var payload = message.Slice(message.Length - header.Length);
        return header.Kind switch
        {
            FrameKind.Announcement => end.OnAnnounced(place, header, message.Slice(FrameHeader.Bytes, 16L * header.Ranks), payload),
            FrameKind.Chunk => end.OnChunk(place, header, payload),
            FrameKind.Leave => end.OnLeft(place, header),
            FrameKind.Standing => end.OnStanding(place, header),
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
