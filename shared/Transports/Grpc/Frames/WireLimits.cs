namespace Distributed.Transports.Grpc.Frames;

/// <summary>Limits of the protocol, the same for every rank whatever its options. A change needs a new <see cref="Version"/>.</summary>
internal static class WireLimits
{
    /// <summary>Version of the protocol: handshake, frames and their order.</summary>
    public const int Version = 1;

    /// <summary>The largest chunk of a large payload, in bytes.</summary>
    public const int MaxChunkBytes = 4 << 20;

    /// <summary>The largest payload that an announcement may carry, in bytes.</summary>
    public const int MaxEagerBytes = 256 << 10;

    /// <summary>
    /// Payload bytes that one rank may send with announcements to another, in one group, before the other starts the exchanges.
    /// </summary>
    public const int EagerCreditBytes = 1 << 20;

    /// <summary>Exchanges of a group that one rank may announce to another ahead of those that the other has started.</summary>
    public const int ExchangesAhead = 1024;

    /// <summary>The largest number of ranks in a world.</summary>
    public const int MaxRanks = 4096;

    /// <summary>The largest number of lanes that carry chunks between two ranks.</summary>
    public const int MaxDataLanes = 16;

    /// <summary>The largest frame, in bytes. Nothing is allocated for a larger one.</summary>
    public const int MaxFrameBytes = FrameHeader.Bytes + MaxChunkBytes;

    /// <summary>The largest protobuf message, in bytes. A hello of 4,096 ranks in two groups takes a quarter of it.</summary>
    public const int MaxMessageBytes = 64 << 10;
}
