using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Distributed.Data.Corpora;

/// <summary>
/// Finds exact duplicates by the first 128 bits of their SHA-256. It takes about 32 bytes of memory per distinct text; a collision of
/// different texts is practically impossible.
/// </summary>
public sealed class Deduplication
{
    private readonly HashSet<UInt128> _seen = [];

    /// <summary>Number of texts that had occurred before.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Whether the text occurs for the first time; counts it as a duplicate otherwise.</summary>
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
