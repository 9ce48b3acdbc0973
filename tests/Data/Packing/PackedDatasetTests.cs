using Distributed.Data.Packing;

namespace Distributed.Data.Tests.Packing;

public sealed class PackedDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(300, 1L << 28)]
    [InlineData(300, 7)]
    [InlineData(65536, 1000)]
    [InlineData(65537, 1000)]
    [InlineData(200000, 1L << 28)]
    public void Read_EverySample_GivesWhatWasWritten(int vocabularySize, long shardTokens)
    {
        var tokens = Write(vocabularySize, shardTokens, documents: 20);
        using var dataset = PackedDataset.Open(_folder.Path);
        Assert.Equal(tokens.Count, dataset.TokenCount);
        foreach (var length in (int[])[1, 3, 64, 1000])
        {
            Assert.Equal((tokens.Count - 1) / length, dataset.SampleCount(length));
            var sample = new int[length + 1];
            for (var i = 0L; i < dataset.SampleCount(length); i++)
            {
                dataset.Read(i, length, sample);
                Assert.Equal(tokens.GetRange((int)i * length, length + 1), sample);
            }
        }

        dataset.Verify();
    }

    [Fact]
    public void Open_NoDocuments_HasNoSamples()
    {
        Write(300, 100, documents: 0);
        using var dataset = PackedDataset.Open(_folder.Path);
        Assert.Equal(0, dataset.TokenCount);
        Assert.Equal(0, dataset.SampleCount(16));
    }

    [Fact]
    public void Write_SameTokens_SameBytes()
    {
        using var other = new TemporaryFolder();
        Write(300, 500, documents: 10);
        Write(300, 500, documents: 10, other.Path);
        foreach (var file in Directory.EnumerateFiles(_folder.Path))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(other.At(Path.GetFileName(file))));
        }
    }

    [Fact]
    public void Open_TruncatedShard_NamesFileExpectedAndFound()
    {
        Write(300, 1L << 28, documents: 20);
        var shard = _folder.At("tokens-00000.bin");
        var length = new FileInfo(shard).Length;
        using (var file = File.OpenWrite(shard))
        {
            file.SetLength(length - 10);
        }

        var error = Assert.Throws<DataException>(() => PackedDataset.Open(_folder.Path));
        Assert.Contains(shard, error.Message);
        Assert.Contains($"should be {length} and is {length - 10}", error.Message);
    }

    [Theory]
    [InlineData(0, false)] // magic
    [InlineData(16, false)] // number of tokens
    [InlineData(40, false)] // hash
    [InlineData(70, true)] // a token
    [InlineData(-5, false)] // the checksum of a block
    [InlineData(-1, false)] // the checksum of the checksums
    public void Read_FlippedBit_IsFound(int offset, bool inTokens)
    {
        Write(300, 1L << 28, documents: 20);
        var shard = _folder.At("tokens-00000.bin");
        var bytes = File.ReadAllBytes(shard);
        bytes[offset < 0 ? bytes.Length + offset : offset] ^= 4;
        File.WriteAllBytes(shard, bytes);
        if (!inTokens)
        {
            Assert.Contains(shard, Assert.Throws<DataException>(() => PackedDataset.Open(_folder.Path)).Message);
            return;
        }

        using var dataset = PackedDataset.Open(_folder.Path);
        Assert.Contains("checksum of block 0", Assert.Throws<DataException>(() => dataset.Read(0, 16, new int[17])).Message);
        Assert.Throws<DataException>(dataset.Verify);
    }

    [Fact]
    public void Open_MissingManifestOrShard_NamesTheFile()
    {
        Assert.Contains("dataset.json", Assert.Throws<DataException>(() => PackedDataset.Open(_folder.Path)).Message);
        Write(300, 1L << 28, documents: 2);
        File.Delete(_folder.At("tokens-00000.bin"));
        Assert.Contains("tokens-00000.bin", Assert.Throws<DataException>(() => PackedDataset.Open(_folder.Path)).Message);
    }

    [Fact]
    public void Read_OutsideTheData_NamesTheRange()
    {
        var tokens = Write(300, 1L << 28, documents: 2);
        using var dataset = PackedDataset.Open(_folder.Path);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => dataset.Read(dataset.SampleCount(8), 8, new int[9]));
        Assert.Contains($"{(tokens.Count - 1) / 8} samples", error.Message);
        Assert.Throws<ArgumentException>(() => dataset.Read(0, 8, new int[8]));
    }

    public void Dispose() => _folder.Dispose();

    private List<int> Write(int vocabularySize, long shardTokens, int documents, string? directory = null)
    {
        var random = new Random(11);
        var tokens = new List<int>();
        using var writer = new PackedDatasetWriter(directory ?? _folder.Path, vocabularySize, endOfTextId: 299, shardTokens);
        for (var i = 0; i < documents; i++)
        {
            var document = Enumerable.Range(0, random.Next(200)).Select(_ => random.Next(vocabularySize)).ToArray();
            writer.Append(document);
            tokens.AddRange([.. document, 299]);
        }

        writer.Complete();
        return tokens;
    }
}
