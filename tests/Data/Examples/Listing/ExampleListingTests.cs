using Distributed.Data.Examples.Listing;
using Distributed.Data.Examples.Records;

namespace Distributed.Data.Tests.Examples.Listing;

public sealed class ExampleListingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Of_AChat_ListsEachTokenWithItsMask()
    {
        var path = _folder.Write("a.jsonl", "{\"messages\":1}\n\n"
            + """{"messages":[{"role":"user","content":"a\n"},{"role":"assistant","content":"b"}]}""");
        var listed = ExampleListing.Of(path, 1, ExampleTokenizers.WithRoles);
        Assert.Equal((new SourceLine(path, 3), ExampleKind.Chats), (listed.Source, listed.Kind));
        var (name, tokens) = Assert.Single(listed.Sequences);
        Assert.Equal("example", name);
        Assert.Equal(
            ["<|endoftext|>", "<|user|>", "a", "\\n", "<|end|>", "<|assistant|>", "b", "<|end|>"], tokens.Select(token => token.Text));
        Assert.Equal([6, 7], tokens.Where(token => token.IsTarget).Select(token => token.Position));
        Assert.Equal(ExampleTokenizers.WithRoles.EndOfTextId, tokens[0].Id);
    }

    [Theory]
    [InlineData("""{"prompt":"p","chosen":"a","rejected":"b"}""", "chosen, rejected")]
    [InlineData("""{"prompt":"p","answer":"a"}""", "prompt")]
    public void Of_OtherKinds_NamesTheirSequences(string line, string names)
    {
        var listed = ExampleListing.Of(_folder.Write("a.jsonl", line), 0, ExampleTokenizers.WithRoles);
        Assert.Equal(names, string.Join(", ", listed.Sequences.Select(each => each.Name)));
    }

    [Fact]
    public void Of_PartsOfCharacters_AreEscapedBytes()
    {
        var path = _folder.Write("a.jsonl", """{"prompt":"\u001b\\","completion":"😀"}""");
        var tokens = Assert.Single(ExampleListing.Of(path, 0, ExampleTokenizers.WithRoles).Sequences).Tokens;
        Assert.Equal("<|endoftext|>\\u001B\\\\\\xF0\\x9F\\x98\\x80<|endoftext|>", string.Concat(tokens.Select(token => token.Text)));
    }

    [Theory]
    [InlineData(2, "has 2 examples; there is none with index 2. Allowed: 0 to 1.")]
    [InlineData(1, "Line 2 of '")]
    public void Of_NoSuchExampleOrAMistake_IsRefused(int index, string expected)
    {
        var path = _folder.Write("a.jsonl", "{\"prompt\":\"p\",\"completion\":\"c\"}\n{}\n");
        Assert.Contains(expected, Assert.Throws<DataException>(() => ExampleListing.Of(path, index, ExampleTokenizers.WithRoles)).Message);
    }

    [Fact]
    public void Of_ADirectory_IsRefused() => Assert.Contains(
        "is a directory", Assert.Throws<DataException>(() => ExampleListing.Of(_folder.Path, 0, ExampleTokenizers.WithRoles)).Message);

    public void Dispose() => _folder.Dispose();
}
