using Grpc.Core;

namespace Distributed.Transports.Grpc.Frames;

/// <summary>Result of reading a frame. The bytes of the frame are already in place.</summary>
internal sealed class FrameReceipt
{
    /// <summary>Reading continues.</summary>
    public static FrameReceipt Taken { get; } = new();

    /// <summary>The frame is invalid, and no further frame of the peer is accepted.</summary>
    public static FrameReceipt Broken { get; } = new();

    /// <summary>Creates a marshaller that reads with <paramref name="accept"/> and cannot write.</summary>
    public static Marshaller<FrameReceipt> Marshaller(Func<System.Buffers.ReadOnlySequence<byte>, FrameReceipt> accept) =>
        new((_, _) => throw new NotSupportedException(), context => accept(context.PayloadAsReadOnlySequence()));
}
