using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace Distributed.Transports.Grpc.Frames;

/// <summary>
/// A frame on its way out, written straight from the caller's memory into the connection's. One object serves a lane
/// frame after frame.
/// </summary>
internal sealed class OutboundFrame
{
    /// <summary>The most that is asked of the connection's buffer at a time, in bytes.</summary>
    private const int Piece = 64 << 10;

    public FrameHeader Header { get; set; }

    /// <summary>The lengths of an announcement: sent, then expected.</summary>
    public long[] Lengths { get; set; } = [];

    /// <summary>As long as the header says.</summary>
    public nint Payload { get; set; }

    /// <summary>Set by <see cref="Write"/>: the caller's memory is not read any more.</summary>
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
