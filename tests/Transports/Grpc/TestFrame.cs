using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>A frame in the layout of the README of the protocol. Every field may be wrong.</summary>
internal sealed record TestFrame
{
    public uint Magic { get; init; } = 0x584D_4F44;
    public ushort Version { get; init; } = 1;
    public byte Kind { get; init; } = 1;
    public string Identity { get; init; } = "6:test-1/learners";
    public long Epoch { get; init; } = 1;
    public int Group { get; init; }
    public int Source { get; init; } = 1;
    public long Exchange { get; init; }
    public ExchangeTag Tag { get; init; } = Traffic.Tag(0);
    public int Ranks { get; init; } = 2;
    public long Offset { get; init; }
    public long? Length { get; init; }
    public long[] Lengths { get; init; } = [];
    public byte[] Payload { get; init; } = [];

    public byte[] ToBytes()
    {
        var bytes = new byte[96 + 8 * Lengths.Length + Payload.Length];
        var span = bytes.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(span, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(span[4..], Version);
        span[6] = Kind;
        SHA256.HashData(Encoding.UTF8.GetBytes(Identity)).AsSpan(0, 8).CopyTo(span[8..]);
        BinaryPrimitives.WriteInt64LittleEndian(span[16..], Epoch);
        BinaryPrimitives.WriteInt32LittleEndian(span[24..], Group);
        BinaryPrimitives.WriteInt32LittleEndian(span[28..], Source);
        BinaryPrimitives.WriteInt64LittleEndian(span[32..], Exchange);
        BinaryPrimitives.WriteInt64LittleEndian(span[40..], Tag.Epoch);
        BinaryPrimitives.WriteInt64LittleEndian(span[48..], Tag.Step);
        BinaryPrimitives.WriteInt32LittleEndian(span[56..], Tag.MicroBatch);
        BinaryPrimitives.WriteInt32LittleEndian(span[60..], Tag.Layer);
        BinaryPrimitives.WriteInt32LittleEndian(span[64..], (int)Tag.Phase);
        BinaryPrimitives.WriteInt32LittleEndian(span[68..], Ranks);
        BinaryPrimitives.WriteInt64LittleEndian(span[72..], Offset);
        BinaryPrimitives.WriteInt64LittleEndian(span[80..], Length ?? Payload.Length);
        for (var i = 0; i < Lengths.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(span[(96 + 8 * i)..], Lengths[i]);
        Payload.CopyTo(span[(96 + 8 * Lengths.Length)..]);
        return bytes;
    }
}
