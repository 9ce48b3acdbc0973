namespace Distributed.Transports.Grpc.Frames;

/// <summary>What every rank may count on, whatever its options are. A change makes a new <see cref="Version"/>.</summary>
internal static class WireLimits
{
    /// <summary>Of the protocol: handshake, frames and their order.</summary>
    public const int Version = 1;

    /// <summary>The longest piece of a large payload, in bytes.</summary>
    public const int MaxChunkBytes = 4 << 20;

    /// <summary>The largest payload that may come with an announcement, in bytes.</summary>
    public const int MaxEagerBytes = 256 << 10;

    /// <summary>Payload bytes that one rank may have announced to another, in one group, before that one has started the exchanges.</summary>
    public const int EagerCreditBytes = 1 << 20;

    /// <summary>Exchanges of a group that one rank may announce to another beyond those that the other has started.</summary>
    public const int ExchangesAhead = 1024;

    /// <summary>Ranks of a world.</summary>
    public const int MaxRanks = 4096;

    /// <summary>Lanes between two ranks that carry chunks.</summary>
    public const int MaxDataLanes = 16;

    /// <summary>The longest frame, in bytes; nothing is allocated for a longer one.</summary>
    public const int MaxFrameBytes = FrameHeader.Bytes + MaxChunkBytes;

    /// <summary>The longest protobuf message, in bytes: a hello of 4,096 ranks in two groups takes a quarter.</summary>
    public const int MaxMessageBytes = 64 << 10;
}
