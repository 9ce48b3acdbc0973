using Distributed.Data.Examples.Records;
using Distributed.Data.Examples.Storage;
using Distributed.Data.Examples.Templates;

namespace Distributed.Data.Tests.Examples.Storage;

public sealed class ExampleDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Read_EveryExample_GivesWhatWasWritten()
    {
        var random = new Random(3);
        var examples = Enumerable.Range(0, 50).Select(_ => Example(random)).ToList();
        Write(ExampleKind.Chats, examples);
        using var dataset = ExampleDataset.Open(_folder.Path);
        Assert.Equal((ExampleKind.Chats, 50), (dataset.Kind, dataset.Count));
        foreach (var (index, example) in examples.Index())
        {
            var read = Assert.IsType<EncodedExample>(dataset.Read(index));
            Assert.Equal(example.Tokens, read.Tokens);
            Assert.Equal(example.IsTarget, read.IsTarget);
            Assert.Equal(example.TokenCount, dataset.TokenCount(index));
        }

        dataset.Verify();
    }

    [Fact]
    public void Read_Pairs_AreOneExampleEach()
    {
        var first = new EncodedPair(new([1, 2, 3], [false, true, true]), new([1, 4], [false, true]));
        Write(ExampleKind.Preferences, [first, new EncodedPair(new([5, 6], [false, true]), new([5, 7], [false, true]))]);
        using var dataset = ExampleDataset.Open(_folder.Path);
        Assert.Equal((2, 5, 4), (dataset.Count, dataset.TokenCount(0), dataset.TokenCount(1)));
        var pair = Assert.IsType<EncodedPair>(dataset.Read(1));
        Assert.Equal([5, 6], pair.Chosen.Tokens);
        Assert.Equal([5, 7], pair.Rejected.Tokens);
        Assert.Equal(1, pair.PromptLength);
    }

    [Fact]
    public void Read_Prompts_HaveTheirAnswersAndDomains()
    {
        Write(ExampleKind.Prompts, [new EncodedPrompt([1, 2], "é深", null), new EncodedPrompt([3], null, "math")]);
        using var dataset = ExampleDataset.Open(_folder.Path);
        var prompts = Enumerable.Range(0, 2).Select(index => (EncodedPrompt)dataset.Read(index)).ToList();
        Assert.Equal([("é深", null), (null, "math")], prompts.Select(prompt => (prompt.Answer, prompt.Domain)));
        Assert.Equal([1, 2], prompts[0].Tokens);
    }

    [Theory]
    [InlineData(0)] // magic
    [InlineData(16)] // number of sequences
    [InlineData(24)] // a length
    [InlineData(-1)] // checksum
    public void Open_FlippedBitInTheIndex_IsFound(int offset)
    {
        Write(ExampleKind.Chats, [Example(new Random(1))]);
        var path = _folder.At("index.bin");
        var bytes = File.ReadAllBytes(path);
        bytes[offset < 0 ? bytes.Length + offset : offset] ^= 4;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("index.bin", Assert.Throws<DataException>(() => ExampleDataset.Open(_folder.Path)).Message);
    }

    [Fact]
    public void Open_IndexMissingOrOfOtherTokens_IsRefused()
    {
        Write(ExampleKind.Chats, [Example(new Random(1))]);
        using var other = new TemporaryFolder();
        Write(ExampleKind.Chats, [Example(new Random(2)), Example(new Random(3))], other.Path);
        File.Copy(other.At("index.bin"), _folder.At("index.bin"), overwrite: true);
        Assert.Contains("its index has", Assert.Throws<DataException>(() => ExampleDataset.Open(_folder.Path)).Message);
        File.Delete(_folder.At("index.bin"));
        Assert.Contains("index.bin", Assert.Throws<DataException>(() => ExampleDataset.Open(_folder.Path)).Message);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void Read_OutsideTheData_IsRefused(int index)
    {
        Write(ExampleKind.Chats, [Example(new Random(1))]);
        using var dataset = ExampleDataset.Open(_folder.Path);
        Assert.Throws<ArgumentOutOfRangeException>(() => dataset.Read(index));
    }

    public void Dispose() => _folder.Dispose();

    private static EncodedExample Example(Random random)
    {
        var length = random.Next(2, 40);
        return new([.. Enumerable.Range(0, length).Select(_ => random.Next(256))],
            [.. Enumerable.Range(0, length).Select(at => at > 0 && random.Next(3) > 0)]);
    }

    private void Write(ExampleKind kind, IEnumerable<EncodedRecord> records, string? folder = null)
    {
        using var writer = new ExampleDatasetWriter(folder ?? _folder.Path, kind, ExampleTokenizers.WithRoles);
        foreach (var record in records) writer.Append(record);
        writer.Complete();
    }
}
