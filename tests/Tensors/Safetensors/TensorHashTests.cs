using System.Security.Cryptography;
using Distributed.Tensors.Safetensors;

namespace Distributed.Tensors.Tests.Safetensors;

public sealed class TensorHashTests
{
    private const string OfNothing = "xxh128:99aa06d3014798d86001c324468d497f"; // output of xxh128sum for an empty file

    [Fact]
    public void New_WithoutBytes_EqualsTheHashOfAnEmptyFile()
    {
        using var hash = TensorHash.New();

        Assert.Equal(OfNothing, hash.Finish());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(240)]
    [InlineData(241)]
    [InlineData(100_000)]
    public void Append_InPieces_EqualsTheHashOfTheWhole(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        using var whole = TensorHash.New();
        using var pieces = TensorHash.New();
        using var sha256 = TensorHash.Like($"sha256:{new string('0', 64)}");

        whole.Append(bytes);
        for (var at = 0; at < length; at += 77)
        {
            pieces.Append(bytes.AsSpan(at, Math.Min(77, length - at)));
            sha256.Append(bytes.AsSpan(at, Math.Min(77, length - at)));
        }

        var hash = whole.Finish();
        Assert.Null(TensorHash.Problem(hash));
        Assert.Equal(hash, pieces.Finish());
        Assert.Equal($"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}", sha256.Finish());
    }

    [Fact]
    public void Append_AnyOneBitFlipped_IsAnotherHash()
    {
        var bytes = new byte[300];
        new Random(1).NextBytes(bytes);
        var seen = new HashSet<string> { Of(bytes) };

        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(seen.Add(Of(bytes)), $"bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        static string Of(byte[] bytes)
        {
            using var hash = TensorHash.New();
            hash.Append(bytes);
            return hash.Finish();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("xxh128")]
    [InlineData("xxh128:99aa06d3014798d86001c324468d497")]
    [InlineData("xxh128:99aa06d3014798d86001c324468d497F")]
    [InlineData("sha256:99aa06d3014798d86001c324468d497f")]
    [InlineData("crc32:99aa06d3")]
    [InlineData(":99aa06d3014798d86001c324468d497f")]
    public void Like_MalformedHash_IsRefused(string text) =>
        Assert.Contains("must be xxh128: and 32", Assert.Throws<ArgumentException>(() => TensorHash.Like(text).Dispose()).Message,
            StringComparison.Ordinal);
}
