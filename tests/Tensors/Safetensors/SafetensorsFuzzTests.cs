using System.Buffers.Binary;
using System.Text;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Safetensors;

/// <summary>
/// Damages files at random with fixed seeds. Each file is either rejected with a <see cref="SafetensorsException"/> or valid.
/// </summary>
public sealed class SafetensorsFuzzTests : IDisposable
{
    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", "\"", ",", ":", "null", "true", "-1", "0", "1e3", "9223372036854775807", "18446744073709551616",
        "\\u0000", "\\", "\"dtype\":\"F64\"", "\"__metadata__\":", "\"shape\":[]", " ", "\n", "\0", "\u00ff",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Open_MutatedHeader_IsRefusedOrCoversTheFile(int seed)
    {
        var random = new Random(seed);
        var (header, data) = Original();
        var refused = 0;
        for (var round = 0; round < 400; round++)
        {
            var mutant = Mutate(random, header);
            if (ReadsOrIsRefused(HandMade.Bytes(mutant, data), data)) continue;
            refused++;
        }

        Assert.InRange(refused, 200, 399);
    }

    [Fact]
    public void Open_TruncatedAnywhere_IsRefused()
    {
        var (header, data) = Original();
        var whole = HandMade.Bytes(header, data);

        for (var length = 0; length < whole.Length; length++)
            Assert.False(ReadsOrIsRefused(whole[..length], data), $"A file cut to {length} of {whole.Length} bytes was accepted.");
        Assert.True(ReadsOrIsRefused(whole, data));
    }

    [Fact]
    public void Open_AnyBitOfTheLengthFlipped_IsRefused()
    {
        var (header, data) = Original();
        var whole = HandMade.Bytes(header, data);
        for (var bit = 0; bit < 64; bit++)
        {
            var mutant = whole.ToArray();
            mutant[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(ReadsOrIsRefused(mutant, data), $"A file with bit {bit} of the header's length flipped was accepted.");
        }
    }

    /// <summary>
    /// Returns whether the file can be read; asserts that its tensors then cover exactly the data, in order and unchanged.
    /// </summary>
    private bool ReadsOrIsRefused(byte[] bytes, byte[] data)
    {
        var path = _folder.At("mutant.safetensors");
        File.WriteAllBytes(path, bytes);
        try
        {
            using var file = SafetensorsFile.Open(path);
            var read = new List<byte>();
            foreach (var entry in file.Tensors.Values)
            {
                using var tensor = file.ReadTensor(entry.Name);
                Assert.Equal(entry.Shape, tensor.shape);
                if (tensor.numel() > 0) read.AddRange(tensor.bytes);
            }

            Assert.Equal(data, read);
            return true;
        }
        catch (SafetensorsException e)
        {
            Assert.StartsWith(path, e.Message);
            return false;
        }
    }

    private (byte[] Header, byte[] Data) Original()
    {
        var path = _folder.At("original.safetensors");
        using var weight = arange(12, dtype: ScalarType.Float32).reshape(3, 4);
        using var bias = arange(5, dtype: ScalarType.Int64);
        using var none = zeros([0, 7], dtype: ScalarType.BFloat16);
        using var scalar = ones([], dtype: ScalarType.Byte);
        SafetensorsWriter.Write(path, [("layers.0.weight", weight), ("bias", bias), ("nothing", none), ("scalär", scalar)],
            new Dictionary<string, string> { ["format"] = "pt" });
        var bytes = File.ReadAllBytes(path);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return (bytes[8..(8 + length)], bytes[(8 + length)..]);
    }

    private static byte[] Mutate(Random random, byte[] header)
    {
        var mutant = header.ToList();
        for (var edits = random.Next(1, 4); edits > 0 && mutant.Count > 0; edits--)
        {
            var at = random.Next(mutant.Count);
            switch (random.Next(5))
            {
                case 0:
                    mutant[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    mutant.RemoveRange(at, Math.Min(random.Next(1, 20), mutant.Count - at));
                    break;
                case 2:
                    mutant.InsertRange(at, Encoding.Latin1.GetBytes(Tokens[random.Next(Tokens.Length)]));
                    break;
                case 3:
                    mutant.InsertRange(at, mutant.GetRange(at, Math.Min(random.Next(1, 60), mutant.Count - at)));
                    break;
                default:
                    mutant[at] = (byte)('0' + random.Next(10));
                    break;
            }
        }

        return [.. mutant];
    }
}
