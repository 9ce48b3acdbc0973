using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Distributed.Data.Packing;

/// <summary>Writes one shard sequentially. The header is written last, so an unfinished file is not a valid shard.</summary>
internal sealed class TokenShardWriter : IDisposable
{
    private readonly FileStream _stream;
    private readonly int _vocabularySize;
    private readonly int _bytesPerToken;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<uint> _checksums = [];
    private readonly byte[] _block = new byte[TokenShardFormat.BlockBytes];
    private int _filled;

    public TokenShardWriter(string path, int vocabularySize)
    {
        _stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        _stream.Write(new byte[TokenShardFormat.HeaderBytes]);
        _vocabularySize = vocabularySize;
        _bytesPerToken = TokenShardFormat.BytesPerToken(vocabularySize);
    }

    public long Tokens { get; private set; }

    public void Append(ReadOnlySpan<int> tokens)
    {
        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)_vocabularySize)
            {
                throw new ArgumentOutOfRangeException(nameof(tokens), token, $"The vocabulary has {_vocabularySize} ids.");
            }

            if (_bytesPerToken == sizeof(ushort))
            {
                BinaryPrimitives.WriteUInt16LittleEndian(_block.AsSpan(_filled), (ushort)token);
            }
            else
            {
                BinaryPrimitives.WriteInt32LittleEndian(_block.AsSpan(_filled), token);
            }

            _filled += _bytesPerToken;
            if (_filled == _block.Length)
            {
                WriteBlock();
            }
        }

        Tokens += tokens.Length;
    }

    /// <summary>Writes checksums and header, and waits until the file is on the disk.</summary>
    /// <returns>The SHA-256 of the tokens' bytes, in lower-case hexadecimal digits.</returns>
    public string Complete()
    {
        if (_filled > 0)
        {
            WriteBlock();
        }

        var hash = _hash.GetHashAndReset();
        var header = TokenShardFormat.Header(Tokens, _vocabularySize, hash);
        var checksums = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_checksums));
        _stream.Write(checksums);
        Span<byte> last = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(last, TokenShardFormat.Checksum(checksums, TokenShardFormat.Checksum(header)));
        _stream.Write(last);
        _stream.Position = 0;
        _stream.Write(header);
        _stream.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(hash);
    }

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }

    private void WriteBlock()
    {
        var block = _block.AsSpan(0, _filled);
        _checksums.Add(TokenShardFormat.Checksum(block));
        _hash.AppendData(block);
        _stream.Write(block);
        _filled = 0;
    }
}
