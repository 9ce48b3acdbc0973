using Distributed.Transports.Grpc.Frames;

namespace Distributed.Transports.Grpc.Groups;

/// <summary>A frame to be sent, before it is written.</summary>
/// <param name="End">Whose.</param>
/// <param name="Kind">What.</param>
/// <param name="Peer">To which rank of the group.</param>
/// <param name="Round">The exchange; null where the end leaves.</param>
/// <param name="Offset">In the payload, in bytes.</param>
/// <param name="Length">Payload bytes in the frame.</param>
internal readonly record struct OutgoingFrame(GrpcEndpoint End, FrameKind Kind, int Peer, Round? Round, long Offset, long Length);
