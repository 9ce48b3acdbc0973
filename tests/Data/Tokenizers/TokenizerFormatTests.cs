using System.Text;
using System.Text.Json.Nodes;
using Distributed.Data.Tokenizers;
using static Distributed.Data.Tests.Tokenizers.TokenizerJson;

namespace Distributed.Data.Tests.Tokenizers;

/// <summary>Variants of tokenizer.json, each derived from the golden GPT-2 file.</summary>
public sealed class TokenizerFormatTests
{
    private const string Text = "Hello, world! Licensed 12345 under <|endoftext|> the\n\n terms  don't";

    [Fact]
    public void Parse_MergesAsPairs_GiveTheSameIds()
    {
        var changed = Change(root =>
        {
            var merges = root["model"]!["merges"]!.AsArray().Select(merge => merge!.GetValue<string>().Split(' ')).ToList();
            root["model"]!["merges"] = new JsonArray([.. merges.Select(parts => new JsonArray(parts[0], parts[1]))]);
        });
        Assert.Equal(Original.Encode(Text), changed.Encode(Text));
    }

    [Fact]
    public void Parse_SplitWithGpt2Pattern_IsTheSameAsByteLevelWithIt()
    {
        var changed = Change(root => root["pre_tokenizer"] = Sequence(
            Split(Data.Tokenizers.PreTokenizers.Patterns.Gpt2, "Isolated"), ByteLevel()));
        Assert.Equal(Original.Encode(Text), changed.Encode(Text));
        var removed = Change(root => root["pre_tokenizer"] = Sequence(
            Split(Data.Tokenizers.PreTokenizers.Patterns.Gpt2, "Removed", invert: true), ByteLevel()));
        Assert.Equal(Original.Encode(Text), removed.Encode(Text));
    }

    [Fact]
    public void Parse_RemovedGaps_AreLeftOut()
    {
        var tokenizer = Change(root => root["pre_tokenizer"] = Sequence(Split(@"\p{L}+", "Removed", invert: true), ByteLevel()));
        Assert.Equal("HelloworldLicensed", tokenizer.Decode([.. tokenizer.Encode("Hello, world! Licensed 12")]));
    }

    [Theory]
    [InlineData(true, new[] { "1", "0", "0" })]
    [InlineData(false, new[] { "10", "0" })]
    public void Parse_Digits_SplitOneByOneOrInRuns(bool individually, string[] expected)
    {
        var tokenizer = Change(root => root["pre_tokenizer"] = Sequence(
            new JsonObject { ["type"] = "Digits", ["individual_digits"] = individually }, ByteLevel()));
        Assert.Equal(expected, tokenizer.Encode("100").Select(id => tokenizer.Decode([id])));
    }

    [Fact]
    public void Parse_PrefixSpace_IsAddedBeforeTheFirstWord()
    {
        var tokenizer = Change(root => root["pre_tokenizer"]!["add_prefix_space"] = true);
        Assert.Equal(Original.Encode(" the"), tokenizer.Encode("the"));
        Assert.Equal(Original.Encode(" the"), tokenizer.Encode(" the"));
    }

    [Theory]
    [InlineData(false, "ab")]
    [InlineData(true, "ab")]
    public void Parse_IgnoreMerges_TakesAWholePieceThatIsAToken(bool ignore, string piece)
    {
        var tokenizer = Change(root =>
        {
            root["model"]!["ignore_merges"] = ignore;
            root["model"]!["vocab"]![piece] = 1500;
            root["model"]!["merges"] = new JsonArray();
            root["added_tokens"] = new JsonArray();
        });
        Assert.Equal(ignore ? [1500] : [97, 98], tokenizer.Encode(piece));
        Assert.Equal(1501, tokenizer.VocabularySize);
    }

    [Fact]
    public void Encode_AddedTokens_LongestFirstWithTheirWhiteSpaceAndWordLimits()
    {
        var tokenizer = Change(root =>
        {
            var tokens = root["added_tokens"]!.AsArray();
            tokens.Add(Added(957, "<a>"));
            tokens.Add(Added(958, "<a><b>"));
            tokens.Add(Added(959, "<l>", lstrip: true));
            tokens.Add(Added(960, "<r>", rstrip: true));
            tokens.Add(Added(961, "word", singleWord: true));
        });
        Assert.Equal([958, 957], tokenizer.Encode("<a><b><a>"));
        Assert.Equal([97, 959, 98], tokenizer.Encode("a \n <l>b"));
        Assert.Equal([97, 960, 98], tokenizer.Encode("a<r> \n b"));
        Assert.Equal([961], tokenizer.Encode("word"));
        Assert.DoesNotContain(961, tokenizer.Encode("words sword"));
    }

    [Fact]
    public void Encode_NormalizedAddedToken_IsFoundAfterNormalization()
    {
        var tokenizer = Change(root =>
        {
            root["normalizer"] = new JsonObject { ["type"] = "NFC" };
            root["added_tokens"]!.AsArray().Add(Added(957, "\u1E0D", normalized: true));
            root["added_tokens"]!.AsArray().Add(Added(958, "\u1E0B"));
        });
        Assert.Equal([957], tokenizer.Encode("d\u0323"));
        Assert.DoesNotContain(958, tokenizer.Encode("d\u0307"));
    }

    public static TheoryData<string, string, string> Unsupported => new()
    {
        { "model.type", "\"Unigram\"", "model.type is \"Unigram\"" },
        { "model.byte_fallback", "true", "model.byte_fallback is true" },
        { "model.dropout", "0.1", "model.dropout is 0.1" },
        { "model.continuing_subword_prefix", "\"##\"", "model.continuing_subword_prefix is \"##\"" },
        { "model.merges", "[\"a b c\"]", "model.merges[0] is \"a b c\"" },
        { "model.merges", "[\"a ZZZ\"]", "'ZZZ' must be in model.vocab" },
        { "model.vocab", "{\"a\":0}", "all 256 bytes" },
        { "model.vocab", "{\"a\":-1}", "model.vocab.a is -1" },
        { "normalizer", "{\"type\":\"Lowercase\"}", "normalizer.type is \"Lowercase\"" },
        { "pre_tokenizer", "{\"type\":\"Metaspace\"}", "pre_tokenizer.type is \"Metaspace\"" },
        { "pre_tokenizer", "null", "pre_tokenizer is null" },
        {
            "pre_tokenizer",
            "{\"type\":\"Sequence\",\"pretokenizers\":"
                + "[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(\"},\"behavior\":\"Isolated\",\"invert\":false}]}",
            "pre_tokenizer.pretokenizers[0].pattern.Regex is \"(\""
        },
        {
            "pre_tokenizer",
            "{\"type\":\"Split\",\"pattern\":{\"String\":\" \"},\"behavior\":\"MergedWithNext\",\"invert\":false}",
            "pre_tokenizer.behavior is \"MergedWithNext\""
        },
        { "decoder", "{\"type\":\"WordPiece\"}", "decoder.type is \"WordPiece\"" },
        { "model", "[]", "model is []" },
    };

    [Theory]
    [MemberData(nameof(Unsupported))]
    public void Parse_Unsupported_NamesKeyAndValue(string key, string value, string expected)
    {
        var error = Assert.Throws<DataException>(() => Change(root =>
        {
            var path = key.Split('.');
            (path.Length == 1 ? root : root[path[0]]!.AsObject())[path[^1]] = JsonNode.Parse(value);
        }));
        Assert.Contains(expected, error.Message);
        Assert.Contains("changed.json", error.Message);
    }

    /// <summary>Each row has the changes and the parts of the message: the key, the value, and the other token with its id.</summary>
    public static TheoryData<string, string[]> Contradictions => new()
    {
        { """{"vocab":{"zzz":65}}""", ["model.vocab.zzz is 65", "65 is also the id of 'A'"] },
        { """{"vocab":{"zzz":2000000000}}""", ["model.vocab.zzz is 2000000000", "has 957 tokens"] },
        { """{"vocab":{"zzz":2147483648}}""", ["model.vocab.zzz is 2147483648", "integer"] },
        { """{"merges":["Ġ t","Ġ t"]}""", ["model.merges[1] is \"\\u0120 t\"", "model.merges[0] is the same pair"] },
        { """{"added":[[65,"<x>"]]}""",
            ["added_tokens[1].id is 65", "the id of 'A' in model.vocab", "this token is '<x>'", "Give it the id 957"] },
        { """{"added":[[957,"the"]]}""", ["added_tokens[1].id is 957", "'the' has the id 666 in model.vocab"] },
        { """{"added":[[957,"<x>"],[957,"<y>"]]}""", ["added_tokens[2].id is 957", "of the added token '<x>'", "this one is '<y>'"] },
        { """{"added":[[957,"<x>"],[958,"<x>"]]}""",
            ["added_tokens[2].content is", "added_tokens[1] has the same text, with id 957", "this one has id 958"] },
        { """{"added":[[957,""]]}""", ["added_tokens[1].content is \"\""] },
        { """{"added":[[1000,"<x>"]]}""", ["added_tokens[1].id is 1000", "'<x>'", "Give it the id 957"] },
        { """{"added":[[958,"<x>"],[957,"<y>"]]}""", ["added_tokens[1].id is 958", "'<x>'", "Give it the id 957"] },
        { """{"added":[[2000000000,"<x>"]]}""", ["added_tokens[1].id is 2000000000", "Give it the id 957"] },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void Parse_IdsOrTokensThatContradictEachOther_NamesBoth(string changes, string[] expected)
    {
        var error = Assert.Throws<DataException>(() => Change(root =>
        {
            var change = JsonNode.Parse(changes)!;
            foreach (var (token, id) in change["vocab"]?.AsObject() ?? []) root["model"]!["vocab"]![token] = id!.DeepClone();
            foreach (var token in change["added"]?.AsArray() ?? [])
                root["added_tokens"]!.AsArray().Add(Added((int)token![0]!, (string)token[1]!));
            if (change["merges"] is { } merges) root["model"]!["merges"] = merges.DeepClone();
        }));
        Assert.All(expected.Prepend("'changed.json'"), part => Assert.Contains(part, error.Message));
    }

    [Theory]
    [InlineData("""{"model":{"vocab":{"a":1,"a":2}}}""", "a")]
    [InlineData("""{"added_tokens":[],"added_tokens":[]}""", "added_tokens")]
    [InlineData("""{"model":{"vocab":{"\ud800":1}}}""", "")]
    [InlineData("""{"model":{"vocab":{}},"added_tokens":[{"id":1,"content":"\udc00"}]}""", "")]
    public void Parse_KeyTwiceOrHalfACharacter_IsRefused(string json, string key)
    {
        var error = Assert.Throws<DataException>(() => BpeTokenizer.Parse(Encoding.UTF8.GetBytes(json), null, "changed.json"));
        Assert.Contains("'changed.json'", error.Message);
        Assert.Contains(key, error.Message);
    }

    [Fact]
    public void Parse_VocabularyWithUnusedIds_KeepsTheIdsOfTheFile()
    {
        var tokenizer = Change(root =>
        {
            root["model"]!["vocab"]![BpeTokenizer.EndOfText] = 1200;
            root["added_tokens"]![0]!["id"] = 1200;
            root["added_tokens"]!.AsArray().Add(Added(1201, "<next>"));
        });
        Assert.Equal([97, 1200, 1201, 98], tokenizer.Encode("a<|endoftext|><next>b"));
        Assert.Equal((1200, 1202), (tokenizer.EndOfTextId, tokenizer.VocabularySize));
        Assert.Equal("", tokenizer.Decode([1100]));
    }

    [Theory]
    [InlineData("[[:alpha:]]+", "[ in a class")]
    [InlineData("[a-z&&[^s]]", "&& in a class")]
    [InlineData("[a-z-[s]]", "[ in a class")]
    [InlineData("a{,2}", "{,")]
    [InlineData("(?m:.)", "(?m")]
    [InlineData("(?x: a )", "(?x")]
    [InlineData("a(?i)b|c", "(?i")]
    [InlineData(@"[\Wa]", @"\W in a class")]
    [InlineData("\U0001F600+", "beyond U+FFFF")]
    public void Parse_PatternThatDotNetReadsDifferently_IsRefused(string pattern, string expected)
    {
        var error = Assert.Throws<DataException>(
            () => Change(root => root["pre_tokenizer"] = Sequence(Split(pattern, "Isolated"), ByteLevel())));
        Assert.Contains("pre_tokenizer.pretokenizers[0].pattern.Regex", error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void Load_MissingOrInvalid_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("does not exist", Assert.Throws<DataException>(() => BpeTokenizer.Load(folder.Path)).Message);
        Assert.Contains("not JSON", Assert.Throws<DataException>(() => BpeTokenizer.Load(folder.Write("tokenizer.json", "{"))).Message);
        SpecialFiles.Pipe(folder.At("tokenizer_config.json"));
        Assert.Contains("tokenizer_config.json' is a pipe", Assert.Throws<DataException>(() => BpeTokenizer.Load(folder.Path)).Message);
    }

    [Fact]
    public void EndOfTextId_WithoutOne_NamesTheFix()
    {
        var tokenizer = Change(root => root["added_tokens"] = new JsonArray());
        Assert.Contains("eos_token", Assert.Throws<DataException>(() => tokenizer.EndOfTextId).Message);
    }

    [Fact]
    public void EndOfTextId_FromTheConfig_IsItsEosToken()
    {
        var json = Json(root => root["added_tokens"] = new JsonArray(Added(956, "</s>")));
        Assert.Equal(956, BpeTokenizer.Parse(json, "{\"eos_token\":\"</s>\"}"u8.ToArray(), "changed.json").EndOfTextId);
        Assert.Equal(956, BpeTokenizer.Parse(json, "{\"eos_token\":{\"content\":\"</s>\"}}"u8.ToArray(), "changed.json").EndOfTextId);
    }

    private static BpeTokenizer Original { get; } = BpeTokenizer.Load(Path.Combine(GoldenFiles.Folder, "tokenizer_gpt2"));

    private static BpeTokenizer Change(Action<JsonObject> change) => BpeTokenizer.Parse(Json(change), null, "changed.json");

    private static byte[] Json(Action<JsonObject> change)
    {
        var root = JsonNode.Parse(File.ReadAllBytes(Path.Combine(GoldenFiles.Folder, "tokenizer_gpt2", "tokenizer.json")))!.AsObject();
        change(root);
        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }
}
