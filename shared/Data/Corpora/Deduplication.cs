using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Distributed.Data.Corpora;

/// <summary>
/// Exact duplicates, known by the first 128 bits of their SHA-256: some 32 bytes of memory per different text,
/// and no two texts taken for the same.
/// </summary>
public sealed class Deduplication
{
    private readonly HashSet<UInt128> _seen = [];

    /// <summary>Texts that had been seen before.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Whether the text is met for the first time.</summary>
    public bool IsNew(string text)
    {
        if (_seen.Add(HashOf(text)))
        {
            return true;
        }

        Duplicates++;
        return false;
    }

    internal static UInt128 HashOf(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
