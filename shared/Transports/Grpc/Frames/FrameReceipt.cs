using Grpc.Core;

namespace Distributed.Transports.Grpc.Frames;

/// <summary>What reading a frame leaves behind: its bytes are in place already.</summary>
internal sealed class FrameReceipt
{
    /// <summary>The peer goes on.</summary>
    public static FrameReceipt Taken { get; } = new();

    /// <summary>Nothing that this peer sends can be believed any more.</summary>
    public static FrameReceipt Broken { get; } = new();

    /// <summary>Reads with <paramref name="accept"/>; never writes.</summary>
    public static Marshaller<FrameReceipt> Marshaller(Func<System.Buffers.ReadOnlySequence<byte>, FrameReceipt> accept) =>
        new((_, _) => throw new NotSupportedException(), context => accept(context.PayloadAsReadOnlySequence()));
}
