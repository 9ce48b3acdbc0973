using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace Distributed.Transports.Grpc.Frames;

/// <summary>
/// A frame to send, written directly from the caller's memory into the buffer of the connection. A lane reuses one object for all
/// its frames.
/// </summary>
internal sealed class OutboundFrame
{
    /// <summary>Largest span that is requested from the connection's buffer at once, in bytes.</summary>
    private const int Piece = 64 << 10;

    public FrameHeader Header { get; set; }

    /// <summary>Lengths of an announcement, in bytes: sent to each rank, then expected from each.</summary>
    public long[] Lengths { get; set; } = [];

    /// <summary>Address of the payload. The header has its length.</summary>
    public nint Payload { get; set; }

    /// <summary>Whether <see cref="Write"/> has finished; the caller's memory is then no longer read.</summary>
    public bool IsWritten { get; set; }

    public static void Write(OutboundFrame frame, SerializationContext context)
    {
        context.SetPayloadLength(checked((int)frame.Header.FrameBytes));
        var writer = context.GetBufferWriter();
        var start = FrameHeader.Bytes + 8 * frame.Lengths.Length;
        var span = writer.GetSpan(start);
        frame.Header.Write(span);
        for (var i = 0; i < frame.Lengths.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(span[(FrameHeader.Bytes + 8 * i)..], frame.Lengths[i]);
        writer.Advance(start);
        WritePayload(writer, frame.Payload, checked((int)frame.Header.Length));
        frame.IsWritten = true;
        context.Complete();
    }

    private static unsafe void WritePayload(IBufferWriter<byte> writer, nint payload, int length)
    {
        for (var offset = 0; offset < length;)
        {
            var span = writer.GetSpan(Math.Min(length - offset, Piece));
            var bytes = Math.Min(length - offset, span.Length);
            new ReadOnlySpan<byte>((byte*)payload + offset, bytes).CopyTo(span);
            writer.Advance(bytes);
            offset += bytes;
        }
    }
}
