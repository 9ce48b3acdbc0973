namespace Distributed.Integration.Tests.CommandLines;

public sealed class DataShowTests : IAsyncLifetime
{
    private const string Chat =
        """{"messages": [{"role": "user", "content": "river"}, {"role": "assistant", "content": "it flows"}]}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("distributed-show-").FullName;

    private string Tokenizer => Path.Combine(_folder, "tokenizer");

    private string Examples => Path.Combine(_folder, "chats.jsonl");

    public async ValueTask InitializeAsync()
    {
        var corpus = Path.Combine(_folder, "corpus.txt");
        await File.WriteAllTextAsync(corpus, string.Concat(Enumerable.Repeat("the river flows and it flows on\n", 20)));
        await File.WriteAllTextAsync(Examples, $"{Chat}\n{{\"messages\": []}}\n");
        var trained = await Invocation.Of(
            "tokenizer", "train", "--corpus", corpus, "--vocabulary", "280", "--roles", "--output", Tokenizer);
        Assert.Equal(0, trained.Status);
    }

    [Fact]
    public async Task Show_AChat_PrintsTokensPositionsAndMask()
    {
        var show = await Invocation.Of("data", "show", Examples, "--tokenizer", Tokenizer);

        Assert.Equal(0, show.Status);
        Assert.Contains($"{Examples}, line 1: chats", show.Output, StringComparison.Ordinal);
        Assert.Matches(@"\n +0 +\d+ +<\|endoftext\|>\r?\n +1 +\d+ +<\|user\|>\r?\n", show.Output);
        Assert.Matches(@"\n +\d+ +\d+ +<\|assistant\|>\r?\n +\d+ +\d+  yes ", show.Output);
        Assert.Matches(@" yes     <\|end\|>\r?\n$", show.Output);
    }

    [Fact]
    public async Task Show_Json_HasTheSameTokens()
    {
        var summary = (await Invocation.Of("data", "show", Examples, "--tokenizer", Tokenizer, "--json")).Events.Single();

        var tokens = summary["sequences"]![0]!["tokens"]!.AsArray();
        Assert.Equal(Enumerable.Range(0, tokens.Count), tokens.Select(token => (int)token!["position"]!));
        var learnt = tokens.Where(token => (bool)token!["learnt"]!).Select(token => (string)token!["text"]!);
        Assert.Equal("it flows<|end|>", string.Concat(learnt));
    }

    [Theory]
    [InlineData("1", "Line 2 of '")]
    [InlineData("2", "has 2 examples; there is none with index 2")]
    [InlineData("-1", "--index -1: allowed: a whole number from 0")]
    public async Task Show_WrongIndexOrLine_IsBadInput(string index, string message)
    {
        var show = await Invocation.Of("data", "show", Examples, "--tokenizer", Tokenizer, "--index", index);

        Assert.Equal(2, show.Status);
        Assert.Contains(message, show.Error, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
