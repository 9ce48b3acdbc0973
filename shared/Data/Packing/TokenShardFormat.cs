using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Distributed.Data.Packing;

/// <summary>
/// The format of a shard, little-endian: 64 bytes of header (magic, version, bytes per token, number of tokens, block size, vocabulary
/// size, SHA-256 of the tokens), the tokens as uint16 or int32, a CRC-32C for each block of 64 KiB of tokens, and a CRC-32C over header and
/// checksums. With the block checksums a reader finds damage when it first reads a block, without reading the whole file.
/// </summary>
internal static class TokenShardFormat
{
    public const int HeaderBytes = 64;
    public const int Version = 1;
    public const int BlockBytes = 64 << 10;
    public const int HashOffset = 32;

    public static ReadOnlySpan<byte> Magic => "DTOKENS\0"u8;

    /// <summary>Two bytes are enough up to 65536 ids.</summary>
    public static int BytesPerToken(int vocabularySize) => vocabularySize <= 1 << 16 ? sizeof(ushort) : sizeof(int);

    public static int Blocks(long tokens, int bytesPerToken) => checked((int)(((tokens * bytesPerToken) + BlockBytes - 1) / BlockBytes));

    public static long FileBytes(long tokens, int bytesPerToken) =>
        HeaderBytes + (tokens * bytesPerToken) + ((Blocks(tokens, bytesPerToken) + 1L) * sizeof(uint));

    public static byte[] Header(long tokens, int vocabularySize, ReadOnlySpan<byte> sha256)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), BytesPerToken(vocabularySize));
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), tokens);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(24), BlockBytes);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(28), vocabularySize);
        sha256.CopyTo(header.AsSpan(HashOffset));
        return header;
    }

    /// <summary>CRC-32C (Castagnoli), continued from a previous value; 0 starts a new checksum.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        var crc = ~previous;
        foreach (var eight in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            crc = BitOperations.Crc32C(crc, eight);
        }

        foreach (var one in bytes[(bytes.Length & ~7)..])
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return ~crc;
    }
}
