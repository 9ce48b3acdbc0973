using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Distributed.Data.Packing;

/// <summary>One memory-mapped shard. Thread-safe.</summary>
internal sealed unsafe class TokenShard : IDisposable
{
    private readonly string _path;
    private readonly int _bytesPerToken;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly bool[] _checked;

    public TokenShard(string path, int vocabularySize, long expectedTokens)
    {
        _path = path;
        _bytesPerToken = TokenShardFormat.BytesPerToken(vocabularySize);
        Tokens = expectedTokens;
        var length = File.Exists(path) ? new FileInfo(path).Length : throw Damaged("the file", "present", "missing");
        var expected = TokenShardFormat.FileBytes(Tokens, _bytesPerToken);
        if (length != expected)
        {
            throw Damaged("its length in bytes", expected, length);
        }

        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
        _checked = new bool[TokenShardFormat.Blocks(Tokens, _bytesPerToken)];
        try
        {
            CheckHeader(vocabularySize, length);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public long Tokens { get; }

    private ReadOnlySpan<byte> Header => new(_start, TokenShardFormat.HeaderBytes);

    private byte* Checksums => _start + TokenShardFormat.HeaderBytes + (Tokens * _bytesPerToken);

    /// <summary>Copies tokens from <paramref name="offset"/>, after a check of their blocks.</summary>
    public void Read(long offset, Span<int> destination)
    {
        var first = offset * _bytesPerToken;
        var last = first + ((long)destination.Length * _bytesPerToken) - 1;
        for (var block = (int)(first / TokenShardFormat.BlockBytes); block <= (int)(last / TokenShardFormat.BlockBytes); block++)
        {
            CheckBlock(block);
        }

        var at = _start + TokenShardFormat.HeaderBytes + first;
        if (_bytesPerToken == sizeof(int))
        {
            new ReadOnlySpan<int>(at, destination.Length).CopyTo(destination);
            return;
        }

        var tokens = new ReadOnlySpan<ushort>(at, destination.Length);
        for (var i = 0; i < tokens.Length; i++)
        {
            destination[i] = tokens[i];
        }
    }

    /// <summary>Reads all tokens and compares their SHA-256 with the one in the manifest.</summary>
    public void Verify(string expectedSha256)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var block = 0; block < _checked.Length; block++)
        {
            CheckBlock(block);
            hash.AppendData(Block(block));
        }

        var found = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (found != expectedSha256)
        {
            throw Damaged("the SHA-256 of its tokens", expectedSha256, found);
        }
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private void CheckHeader(int vocabularySize, long length)
    {
        var header = Header;
        if (!header.StartsWith(TokenShardFormat.Magic))
        {
            throw Damaged("its first 8 bytes", "'DTOKENS' and a zero", Convert.ToHexString(header[..8]));
        }

        Expect("its version", TokenShardFormat.Version, BinaryPrimitives.ReadInt32LittleEndian(header[8..]));
        Expect("its bytes per token", _bytesPerToken, BinaryPrimitives.ReadInt32LittleEndian(header[12..]));
        Expect("its number of tokens", Tokens, BinaryPrimitives.ReadInt64LittleEndian(header[16..]));
        Expect("its block size", TokenShardFormat.BlockBytes, BinaryPrimitives.ReadInt32LittleEndian(header[24..]));
        Expect("its vocabulary", vocabularySize, BinaryPrimitives.ReadInt32LittleEndian(header[28..]));
        var checksums = new ReadOnlySpan<byte>(Checksums, _checked.Length * sizeof(uint));
        Expect(
            "the checksum of header and block checksums",
            BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(_start + length - sizeof(uint), sizeof(uint))),
            TokenShardFormat.Checksum(checksums, TokenShardFormat.Checksum(header)));
    }

    private void CheckBlock(int block)
    {
        if (Volatile.Read(ref _checked[block]))
        {
            return;
        }

        var expected = MemoryMarshal.Read<uint>(new ReadOnlySpan<byte>(Checksums + (block * (long)sizeof(uint)), sizeof(uint)));
        Expect(
            $"the checksum of block {block} (from byte {TokenShardFormat.HeaderBytes + ((long)block * TokenShardFormat.BlockBytes)})",
            expected,
            TokenShardFormat.Checksum(Block(block)));
        Volatile.Write(ref _checked[block], true);
    }

    private ReadOnlySpan<byte> Block(int block)
    {
        var start = (long)block * TokenShardFormat.BlockBytes;
        return new(_start + TokenShardFormat.HeaderBytes + start,
            (int)Math.Min(TokenShardFormat.BlockBytes, (Tokens * _bytesPerToken) - start));
    }

    private void Expect<T>(string what, T expected, T found)
        where T : IEquatable<T>
    {
        if (!expected.Equals(found))
        {
            throw Damaged(what, expected, found);
        }
    }

    private DataException Damaged(string what, object expected, object found) => new(
        $"The token shard '{_path}' is damaged: {what} should be {expected} and is {found}. "
        + $"Delete the prepared data that '{Path.GetDirectoryName(_path)}' belongs to, and prepare it again.");
}
