using System.Buffers.Binary;

namespace Distributed.Transports.Grpc.Frames;

/// <summary>
/// The 96 bytes before a frame's raw bytes, little-endian. The layout is in the folder's README.
/// </summary>
/// <param name="Kind">What follows.</param>
/// <param name="Identity">The <see cref="GroupFingerprint"/> of job and group.</param>
/// <param name="Epoch">Of the group, as in the handshake.</param>
/// <param name="Group">The number of the exchanging group in the source's hello; 0 is the world.</param>
/// <param name="Source">The sender's rank in the world.</param>
/// <param name="Exchange">Counts from 0; in a <see cref="FrameKind.Leave"/> the exchanges that the source has started, in a <see cref="FrameKind.Standing"/> how far it is.</param>
/// <param name="Tag">Of the exchange.</param>
/// <param name="Ranks">In an announcement the group's size: as many lengths sent and then expected follow. Else 0.</param>
/// <param name="Offset">Of a chunk within its payload, in bytes.</param>
/// <param name="Length">Payload bytes in this frame, behind the lengths.</param>
internal readonly record struct FrameHeader(
    FrameKind Kind, ulong Identity, long Epoch, int Group, int Source, long Exchange, ExchangeTag Tag, int Ranks, long Offset, long Length)
{
    public const int Bytes = 96;
    private const uint Magic = 0x584D_4F44; // "DOMX"

    /// <summary>Bytes of the whole frame where the fields are in range.</summary>
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

    /// <summary>Reads a header, or says why there is none.</summary>
    public static Refusal? TryRead(ReadOnlySpan<byte> from, out FrameHeader header)
    {
        header = default;
        if (from.Length < Bytes) return new(RefusalKind.Garbage, $"{from.Length} byte{(from.Length == 1 ? " is" : "s are")} no frame; its header alone has {Bytes}");
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(from);
        if (magic != Magic) return new(RefusalKind.Garbage, $"a frame begins with {Magic:x8}, not with {magic:x8}");
        var version = BinaryPrimitives.ReadUInt16LittleEndian(from[4..]);
        if (version != WireLimits.Version) return new(RefusalKind.Version, $"the frame is of version {version}, this rank speaks {WireLimits.Version}");
        if (!Enum.IsDefined((FrameKind)from[6])) return new(RefusalKind.Garbage, $"there is no frame of kind {from[6]}");

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
