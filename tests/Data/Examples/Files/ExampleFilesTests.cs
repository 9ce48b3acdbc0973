using Distributed.Data.Examples.Files;

namespace Distributed.Data.Tests.Examples.Files;

public sealed class ExampleFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Open_Directory_ReadsJsonLinesOnlyAndNamesTheRest()
    {
        _folder.Write("b.jsonl", "{}");
        _folder.Write("a/c.JSONL", "{}");
        _folder.Write("README.md", "about");
        _folder.Write("d.parquet", "x");
        var files = ExampleFiles.Open(_folder.Path);
        Assert.Equal(["c.JSONL", "b.jsonl"], files.Paths.Select(Path.GetFileName));
        Assert.Contains("d.parquet (convert it", files.Notice);
        Assert.EndsWith("Text files are not read as examples: README.md.", files.Notice);
    }

    [Theory]
    [InlineData("nothing.jsonl", "do not exist")]
    [InlineData("a.txt", "is not a JSON Lines file")]
    [InlineData("texts", "holds no JSON Lines file")]
    [InlineData("empty.jsonl", "is empty")]
    public void Open_NothingToRead_IsRefusedWithTheFix(string name, string expected)
    {
        _folder.Write("a.txt", "text");
        _folder.Write("texts/b.txt", "text");
        _folder.Write("empty.jsonl", "");
        var message = Assert.Throws<DataException>(() => ExampleFiles.Open(_folder.At(name))).Message;
        Assert.Contains(expected, message);
        Assert.Contains(_folder.At(name), message);
        Assert.Contains("Name a", message);
    }

    public void Dispose() => _folder.Dispose();
}
