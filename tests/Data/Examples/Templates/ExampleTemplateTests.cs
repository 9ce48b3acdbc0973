using System.Text.Json.Nodes;
using Distributed.Data.Examples.Records;
using Distributed.Data.Examples.Templates;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Tests.Examples.Templates;

public sealed class ExampleTemplateTests
{
    private static readonly SourceLine Line = new("a.jsonl", 1);
    private static readonly BpeTokenizer Tokenizer = ExampleTokenizers.WithRoles;

    [Fact]
    public void Encode_Completion_LearnsTheCompletionAndTheEnd() => Assert.Equal(
        ("<|endoftext|>the question the answer<|endoftext|>", " the answer<|endoftext|>"),
        Texts(Encode(new Example.Completion(Line, "the question", " the answer"))));

    [Fact]
    public void Encode_CompletionWithoutRoleTokens_NeedsNone()
    {
        var template = new ExampleTemplate(ExampleTokenizers.WithoutRoles);
        var example = new Example.Completion(Line, "p", "c");
        template.Check(example);
        Assert.Equal(4, template.Encode(example).TokenCount);
    }

    [Fact]
    public void Encode_MergeOverTheBorder_IsNotMade()
    {
        Assert.Single(Tokenizer.Encode("ab"));
        var example = Encode(new Example.Completion(Line, "a", "b"));
        Assert.Equal(
            [Tokenizer.EndOfTextId, .. Tokenizer.Encode("a"), .. Tokenizer.Encode("b"), Tokenizer.EndOfTextId], example.Tokens);
        Assert.Equal([false, false, true, true], example.IsTarget);
        Assert.Equal((2, 2), (example.PromptLength, example.TargetCount));
    }

    [Theory]
    [InlineData("")]
    [InlineData("the question")]
    public void Encode_PromptThatBeginsWithTheEndOfText_HasItOnce(string prompt)
    {
        var plain = Encode(new Example.Completion(Line, prompt, "answer"));
        var given = Encode(new Example.Completion(Line, BpeTokenizer.EndOfText + prompt, "answer"));
        Assert.Equal(plain.Tokens, given.Tokens);
        Assert.Equal(plain.PromptLength, given.PromptLength);
        Assert.Equal(2, given.Tokens.Count(id => id == Tokenizer.EndOfTextId)); // begin and end
    }

    [Fact]
    public void Encode_Chat_LearnsEachAssistantTurnAndItsEnd() => Assert.Equal(
        ("<|endoftext|><|system|>s<|end|><|user|>u<|end|><|assistant|>a<|end|><|user|>v<|end|><|assistant|>b<|end|>",
            "a<|end|>b<|end|>"),
        Texts(Encode(Chat)));

    [Fact]
    public void Encode_LastTurnOnly_LearnsTheLastAssistantTurn()
    {
        var example = (EncodedExample)new ExampleTemplate(Tokenizer, lastTurnOnly: true).Encode(Chat);
        Assert.Equal("b<|end|>", Texts(example).Learnt);
        Assert.Equal(Encode(Chat).Tokens, example.Tokens);
    }

    [Theory]
    [InlineData("<|end|>")]
    [InlineData("<|endoftext|>")]
    [InlineData("x<|end|><|assistant|>y")]
    public void Encode_SpecialNameInAText_StaysText(string content)
    {
        var special = Specials(Encode(new Example.Chat(Line, [new(Role.User, "u"), new(Role.Assistant, "a")])));
        Assert.Equal(special, Specials(Encode(new Example.Chat(Line, [new(Role.User, content), new(Role.Assistant, content)]))));
        var completion = Encode(new Example.Completion(Line, $"p{content}", content));
        Assert.Equal(2, Specials(completion).Count);
        Assert.Equal($"<|endoftext|>p{content}{content}<|endoftext|>", Tokenizer.Decode(completion.Tokens));
    }

    [Fact]
    public void Encode_TokenizerThatMergesIntoASpecialToken_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Tokenizer.Save(folder.Path);
        var json = JsonNode.Parse(File.ReadAllText(folder.At(BpeTokenizer.FileName)))!;
        json["model"]!["ignore_merges"] = true;
        foreach (var token in json["added_tokens"]!.AsArray()) json["model"]!["vocab"]![(string)token!["content"]!] = (int)token["id"]!;
        json["pre_tokenizer"] = JsonNode.Parse("""{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":false}""");
        File.WriteAllText(folder.At(BpeTokenizer.FileName), json.ToJsonString());
        var template = new ExampleTemplate(BpeTokenizer.Load(folder.Path));
        var error = Assert.Throws<DataException>(() => template.Encode(new Example.Completion(Line, "p", "<|end|>")));
        Assert.Contains("turns a text into its special token", error.Message);
    }

    [Fact]
    public void Encode_PairOfTexts_SharesThePrompt()
    {
        var pair = (EncodedPair)new ExampleTemplate(Tokenizer).Encode(new Example.Preference(Line, new Prompt.Text("p"), "a", "bab"));
        Assert.Equal(2, pair.PromptLength);
        Assert.Equal(("<|endoftext|>pa<|endoftext|>", "a<|endoftext|>"), Texts(pair.Chosen));
        Assert.Equal(("<|endoftext|>pbab<|endoftext|>", "bab<|endoftext|>"), Texts(pair.Rejected));
    }

    [Fact]
    public void Encode_PairOfChats_EndsWithTheEndOfAMessage()
    {
        var prompt = new Prompt.Chat([new(Role.User, "u")]);
        var pair = (EncodedPair)new ExampleTemplate(Tokenizer).Encode(new Example.Preference(Line, prompt, "a", "b"));
        Assert.Equal(("<|endoftext|><|user|>u<|end|><|assistant|>a<|end|>", "a<|end|>"), Texts(pair.Chosen));
        Assert.Equal("b<|end|>", Texts(pair.Rejected).Learnt);
    }

    [Theory]
    [InlineData(true, "<|endoftext|><|user|>u<|end|><|assistant|>")]
    [InlineData(false, "<|endoftext|>u")]
    public void Encode_Prompt_EndsWhereTheGenerationStarts(bool isChat, string expected)
    {
        Prompt prompt = isChat ? new Prompt.Chat([new(Role.User, "u")]) : new Prompt.Text("u");
        var encoded = (EncodedPrompt)new ExampleTemplate(Tokenizer).Encode(new Example.Task(Line, prompt, "42", "math"));
        Assert.Equal((expected, "42", "math"), (Tokenizer.Decode(encoded.Tokens), encoded.Answer, encoded.Domain));
    }

    [Fact]
    public void Encode_PromptOfAPair_HasTheTokensOfThePromptAlone()
    {
        var template = new ExampleTemplate(Tokenizer);
        var prompt = new Prompt.Chat([new(Role.System, "s"), new(Role.User, "the question")]);
        var pair = (EncodedPair)template.Encode(new Example.Preference(Line, prompt, "a", "b"));
        var alone = (EncodedPrompt)template.Encode(new Example.Task(Line, prompt, null, null));
        Assert.Equal(alone.Tokens, pair.Chosen.Tokens[..pair.PromptLength]);
    }

    [Fact]
    public void Check_ChatWithoutRoleTokens_IsRefused()
    {
        var template = new ExampleTemplate(ExampleTokenizers.WithoutRoles);
        Assert.Contains("<|user|>", Assert.Throws<DataException>(() => template.Check(Chat)).Message);
    }

    private static Example.Chat Chat { get; } = new(Line,
    [
        new(Role.System, "s"), new(Role.User, "u"), new(Role.Assistant, "a"), new(Role.User, "v"), new(Role.Assistant, "b"),
    ]);

    private static EncodedExample Encode(Example example) => (EncodedExample)new ExampleTemplate(Tokenizer).Encode(example);

    private static List<int> Specials(EncodedExample example) => [.. example.Tokens.Where(Tokenizer.IsSpecial)];

    private static (string All, string Learnt) Texts(EncodedExample example) => (
        Tokenizer.Decode(example.Tokens), Tokenizer.Decode([.. example.Tokens.Where((_, at) => example.IsTarget[at])]));
}
