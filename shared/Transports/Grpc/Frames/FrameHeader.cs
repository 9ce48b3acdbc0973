using System.Buffers.Binary;

namespace Distributed.Transports.Grpc.Frames;

/// <summary>
/// The 96-byte header of a frame, little-endian. The layout is in the README of the Grpc folder.
/// </summary>
/// <param name="Kind">Kind of the frame.</param>
/// <param name="Identity">The <see cref="GroupFingerprint"/> of the job and group.</param>
/// <param name="Epoch">Epoch of the group, as in the handshake.</param>
/// <param name="Group">Number of the group in the source's hello; 0 is the world.</param>
/// <param name="Source">World rank of the sender.</param>
/// <param name="Exchange">
/// Number of the exchange, from 0. In a <see cref="FrameKind.Leave"/>: the number of exchanges that the source has started. In a
/// <see cref="FrameKind.Progress"/>: the progress of the source.
/// </param>
/// <param name="Tag">Tag of the exchange.</param>
/// <param name="Ranks">
/// In an announcement: the size of the group. The header is followed by the length sent to each rank, then the length expected from
/// each. Otherwise 0.
/// </param>
/// <param name="Offset">Offset of a chunk within its payload, in bytes.</param>
/// <param name="Length">Payload bytes in this frame, after the lengths.</param>
internal readonly record struct FrameHeader(
    FrameKind Kind, ulong Identity, long Epoch, int Group, int Source, long Exchange, ExchangeTag Tag, int Ranks, long Offset, long Length)
{
    public const int Bytes = 96;
    private const uint Magic = 0x584D_4F44; // "DOMX"

    /// <summary>Size of the whole frame in bytes, if the fields are in range.</summary>
    public long FrameBytes => Bytes + 16L * Ranks + Length;

    public void Write(Span<byte> to)
    {
        to[..Bytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(to, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(to[4..], WireLimits.Version);
        to[6] = (byte)Kind;
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], Identity);
        BinaryPrimitives.WriteInt64LittleEndian(to[16..], Epoch);
        BinaryPrimitives.WriteInt32LittleEndian(to[24..], Group);
        BinaryPrimitives.WriteInt32LittleEndian(to[28..], Source);
        BinaryPrimitives.WriteInt64LittleEndian(to[32..], Exchange);
        BinaryPrimitives.WriteInt64LittleEndian(to[40..], Tag.Epoch);
        BinaryPrimitives.WriteInt64LittleEndian(to[48..], Tag.Step);
        BinaryPrimitives.WriteInt32LittleEndian(to[56..], Tag.MicroBatch);
        BinaryPrimitives.WriteInt32LittleEndian(to[60..], Tag.Layer);
        BinaryPrimitives.WriteInt32LittleEndian(to[64..], (int)Tag.Phase);
        BinaryPrimitives.WriteInt32LittleEndian(to[68..], Ranks);
        BinaryPrimitives.WriteInt64LittleEndian(to[72..], Offset);
        BinaryPrimitives.WriteInt64LittleEndian(to[80..], Length);
    }

    /// <summary>Reads a header. Returns null, or why the bytes are not a valid header.</summary>
    public static Refusal? TryRead(ReadOnlySpan<byte> from, out FrameHeader header)
    {
        header = default;
        if (from.Length < Bytes)
            return new(RefusalKind.Malformed,
                $"the frame has {from.Length} byte{(from.Length == 1 ? "" : "s")}; a header alone has {Bytes}");
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(from);
        if (magic != Magic) return new(RefusalKind.Malformed, $"the frame begins with {magic:x8} instead of {Magic:x8}");
        var version = BinaryPrimitives.ReadUInt16LittleEndian(from[4..]);
        if (version != WireLimits.Version)
            return new(RefusalKind.Version, $"the frame has protocol version {version}; this rank uses {WireLimits.Version}");
        if (!Enum.IsDefined((FrameKind)from[6])) return new(RefusalKind.Malformed, $"the frame kind {from[6]} is unknown");

        header = new FrameHeader(
            (FrameKind)from[6],
            BinaryPrimitives.ReadUInt64LittleEndian(from[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(from[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(from[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(from[28..]),
            BinaryPrimitives.ReadInt64LittleEndian(from[32..]),
            new ExchangeTag(
                BinaryPrimitives.ReadInt64LittleEndian(from[40..]),
                BinaryPrimitives.ReadInt64LittleEndian(from[48..]),
                BinaryPrimitives.ReadInt32LittleEndian(from[56..]),
                BinaryPrimitives.ReadInt32LittleEndian(from[60..]),
                (ExchangePhase)BinaryPrimitives.ReadInt32LittleEndian(from[64..])),
            BinaryPrimitives.ReadInt32LittleEndian(from[68..]),
            BinaryPrimitives.ReadInt64LittleEndian(from[72..]),
            BinaryPrimitives.ReadInt64LittleEndian(from[80..]));
        return null;
    }
}
