using Distributed.Transports.Grpc.Frames;

namespace Distributed.Transports.Grpc.Groups;

/// <summary>A frame that waits to be written.</summary>
/// <param name="End">The end that sends the frame.</param>
/// <param name="Kind">Kind of the frame.</param>
/// <param name="Peer">Destination, a rank of the group.</param>
/// <param name="Exchange">The exchange; null for a frame of no exchange.</param>
/// <param name="Offset">Offset in the payload, in bytes.</param>
/// <param name="Length">Payload bytes in the frame.</param>
internal readonly record struct OutgoingFrame(
    GrpcEndpoint End, FrameKind Kind, int Peer, GrpcExchangeState? Exchange, long Offset, long Length);
