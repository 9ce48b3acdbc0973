using Distributed.Data.Examples;
using Distributed.Data.Examples.Lengths;
using Distributed.Data.Examples.Records;
using Distributed.Data.Examples.Templates;
using Distributed.Data.Preparation;

namespace Distributed.Data.Tests.Examples;

public sealed class ExamplePreparationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ExamplePreparationTests()
    {
        ExampleTokenizers.WithRoles.Save(_folder.At("tokenizer"));
        ExampleTokenizers.WithoutRoles.Save(_folder.At("plain"));
    }

    [Fact]
    public void Prepare_Chats_EncodesEachLineInOrder()
    {
        _folder.Write("data/b.jsonl", Lines(600, i => Chat($"question {i}", $"answer {i}")));
        _folder.Write("data/a.jsonl", Chat("first", "one"));
        using var prepared = ExamplePreparation.Prepare(Options(ExampleKind.Chats));
        Assert.Equal((601, 601), (prepared.Dataset.Count, prepared.Summary.Examples));
        Assert.Empty(prepared.Notices);
        Assert.Contains("<|user|>first<|end|>", Text(prepared, 0));
        Assert.All(Enumerable.Range(0, 600), i =>
            Assert.Equal($"<|endoftext|><|user|>question {i}<|end|><|assistant|>answer {i}<|end|>", Text(prepared, i + 1)));
        Assert.Equal(Enumerable.Range(0, 601).Sum(prepared.Dataset.TokenCount), prepared.Summary.Tokens);
        Assert.Equal(Enumerable.Range(0, 601).Sum(i => ((EncodedExample)prepared.Dataset.Read(i)).TargetCount), prepared.Summary.Targets);
    }

    [Fact]
    public void Prepare_Again_UsesTheCacheAndAnotherOptionDoesNot()
    {
        _folder.Write("data/a.jsonl", Lines(5, i => Chat("u", $"a{i}")));
        var options = Options(ExampleKind.Chats);
        using var first = ExamplePreparation.Prepare(options);
        using var second = ExamplePreparation.Prepare(options);
        using var last = ExamplePreparation.Prepare(options with { LastTurnOnly = true });
        using var shorter = ExamplePreparation.Prepare(options with { SequenceLength = 99 });
        using var truncated = ExamplePreparation.Prepare(options with { TooLong = TooLongPolicy.Truncate });
        Assert.Equal((false, true, first.Directory), (first.IsFromCache, second.IsFromCache, second.Directory));
        Assert.Equal(4, new[] { first, last, shorter, truncated }.Select(each => each.Summary.ContentId).Distinct().Count());
    }

    [Fact]
    public void Prepare_TheSameContentElsewhere_GivesTheSameFiles()
    {
        _folder.Write("data/a.jsonl", Lines(5, i => Chat("u", $"a{i}")));
        _folder.Write("moved/a.jsonl", Lines(5, i => Chat("u", $"a{i}")));
        using var first = ExamplePreparation.Prepare(Options(ExampleKind.Chats));
        using var second = ExamplePreparation.Prepare(
            Options(ExampleKind.Chats) with { Paths = [_folder.At("moved")], CacheDirectory = _folder.At("other") });
        var files = Directory.EnumerateFiles(first.Directory, "*", SearchOption.AllDirectories).ToList();
        Assert.Equal(6, files.Count);
        Assert.All(files, file => Assert.Equal(
            File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(second.Directory, Path.GetRelativePath(first.Directory, file)))));
    }

    [Fact]
    public void Prepare_Mistakes_AreAllListedUpToFiftyAndNothingIsCached()
    {
        var path = _folder.Write("data/a.jsonl", Lines(60, i => i == 3 ? Chat("u", "a") : "{}"));
        var message = Refusal(Options(ExampleKind.Chats));
        Assert.StartsWith("The examples have 59 mistakes\n", message);
        Assert.Equal(52, message.Split('\n').Length);
        Assert.Contains($"\n  Line 1 of '{path}' has no key 'messages'", message);
        Assert.DoesNotContain("Line 4 of", message);
        Assert.Contains("\n  Line 51 of", message);
        Assert.EndsWith("\n  and 9 more", message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.At("cache")));
    }

    [Fact]
    public void Prepare_MistakesOfTwoFiles_AreListedTogether()
    {
        _folder.Write("data/a.jsonl", "{}");
        File.WriteAllBytes(_folder.At("data/b.jsonl"), [0xE9]);
        var message = Refusal(Options(ExampleKind.Chats));
        Assert.Contains("2 mistakes", message);
        Assert.Contains("b.jsonl' is not UTF-8", message);
    }

    [Fact]
    public void Prepare_LongExamples_AreSkippedAndNamed()
    {
        _folder.Write("data/a.jsonl", $"{Chat("u", "a")}\n{Chat("u", new string('z', 40))}\n{Chat(new string('y', 40), "a")}\n");
        using var prepared = ExamplePreparation.Prepare(Options(ExampleKind.Chats) with { SequenceLength = 20 });
        Assert.Equal(1, prepared.Dataset.Count);
        Assert.Equal(new ExampleCount(1, "Line 2 of 'a.jsonl'"), prepared.Summary.TooLong);
        Assert.Equal(new ExampleCount(1, "Line 3 of 'a.jsonl'"), prepared.Summary.NoRoom);
        Assert.Equal(2, prepared.Notices.Count);
        Assert.StartsWith(
            "Skipped: 1 example (the first: Line 2 of 'a.jsonl') of more than 20 tokens. Raise", prepared.Notices[0].Message);
        Assert.StartsWith("Skipped: 1 example (the first: Line 3 of 'a.jsonl') whose prompt leaves no room", prepared.Notices[1].Message);
    }

    [Fact]
    public void Prepare_Truncate_CutsTheCompletionAndSaysSo()
    {
        _folder.Write("data/a.jsonl", Chat("u", new string('z', 40)));
        using var prepared = ExamplePreparation.Prepare(
            Options(ExampleKind.Chats) with { SequenceLength = 20, TooLong = TooLongPolicy.Truncate });
        var example = (EncodedExample)prepared.Dataset.Read(0);
        Assert.Equal((20, 5), (example.Tokens.Length, example.PromptLength));
        Assert.Contains("The completion was cut in 1 example", Assert.Single(prepared.Notices).Message);
        using var again = ExamplePreparation.Prepare(
            Options(ExampleKind.Chats) with { SequenceLength = 20, TooLong = TooLongPolicy.Truncate });
        Assert.True(again.IsFromCache);
        Assert.Equal(prepared.Notices, again.Notices);
    }

    [Fact]
    public void Prepare_NothingLeft_IsRefusedWithTheReason()
    {
        _folder.Write("data/a.jsonl", Chat(new string('y', 40), "a"));
        Assert.Contains("No example remains", Refusal(Options(ExampleKind.Chats) with { SequenceLength = 20 }));
        _folder.Write("data/a.jsonl", "\n\n");
        Assert.Contains("the files have no line", Refusal(Options(ExampleKind.Chats)));
    }

    [Fact]
    public void Prepare_SpecialNameInAText_IsANotice()
    {
        _folder.Write("data/a.jsonl", $"{Chat("u", "a")}\n{Chat("u", "a<|end|>")}");
        using var prepared = ExamplePreparation.Prepare(Options(ExampleKind.Chats));
        Assert.Contains("in 1 example (the first: Line 2 of 'a.jsonl')", Assert.Single(prepared.Notices).Message);
    }

    [Fact]
    public void Prepare_ChatsWithoutRoleTokens_AreRefusedOnce()
    {
        _folder.Write("data/a.jsonl", Lines(20, i => Chat("u", $"a{i}")));
        var message = Refusal(Options(ExampleKind.Chats) with { TokenizerPath = _folder.At("plain") });
        Assert.StartsWith("The tokenizer '", message);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData(ExampleKind.Completions, """{"prompt":"p","completion":"c"}""", typeof(EncodedExample))]
    [InlineData(ExampleKind.Preferences, """{"prompt":"p","chosen":"a","rejected":"b"}""", typeof(EncodedPair))]
    [InlineData(ExampleKind.Prompts, """{"prompt":"p","answer":"42"}""", typeof(EncodedPrompt))]
    public void Prepare_TextsWithoutRoleTokens_NeedNone(ExampleKind kind, string line, Type encoded)
    {
        _folder.Write("data/a.jsonl", line);
        using var prepared = ExamplePreparation.Prepare(Options(kind) with { TokenizerPath = _folder.At("plain") });
        Assert.IsType(encoded, prepared.Dataset.Read(0));
    }

    [Fact]
    public void Prepare_WrongOptions_AreAllListed()
    {
        var message = Refusal(
            Options(ExampleKind.Chats) with { Paths = ["nothing.jsonl"], TokenizerPath = "no/tokenizer", SequenceLength = 1 });
        Assert.Contains("Paths is 'nothing.jsonl'", message);
        Assert.Contains("TokenizerPath is 'no/tokenizer'", message);
        Assert.Contains("SequenceLength is 1: allowed: 2 to", message);
    }

    [Fact]
    public void Prepare_TokenizerTrainedWithRoles_EncodesChats()
    {
        var corpus = _folder.Write("corpus.txt", string.Concat(Enumerable.Repeat("the question and the answer\n\n", 20)));
        var options = new DataOptions { Corpus = [corpus], VocabularySize = 270, CacheDirectory = _folder.At("cache") };
        using var plain = DataPreparation.Prepare(options);
        using var withRoles = DataPreparation.Prepare(options with { HasRoleTokens = true });
        Assert.NotEqual(plain.ContentId, withRoles.ContentId);
        Assert.Throws<DataException>(() => RoleTokens.Of(plain.Tokenizer));
        Assert.Equal("<|end|>", withRoles.Tokenizer.Decode([RoleTokens.Of(withRoles.Tokenizer).End]));
        var tooSmall = options with { HasRoleTokens = true, VocabularySize = 260 };
        Assert.Contains("allowed: 261 to", Assert.Single(tooSmall.Validate()).ToString());
    }

    public void Dispose() => _folder.Dispose();

    private static string Chat(string user, string assistant) =>
        $$"""{"messages":[{"role":"user","content":"{{user}}"},{"role":"assistant","content":"{{assistant}}"}]}""";

    private static string Lines(int count, Func<int, string> line) =>
        string.Concat(Enumerable.Range(0, count).Select(i => $"{line(i)}\n"));

    private static string Text(PreparedExampleSet prepared, int example) =>
        prepared.Tokenizer.Decode(((EncodedExample)prepared.Dataset.Read(example)).Tokens);

    private static string Refusal(ExampleOptions options) =>
        Assert.Throws<DataException>(() => ExamplePreparation.Prepare(options)).Message;

    private ExampleOptions Options(ExampleKind kind) => new()
    {
        Format = new(kind),
        Paths = [_folder.At("data")],
        TokenizerPath = _folder.At("tokenizer"),
        SequenceLength = 100,
        CacheDirectory = _folder.At("cache"),
    };
}
