using System.Text;
using System.Text.Json.Nodes;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Tests.Tokenizers;

/// <summary>What tokenizer.json may say, each variant made from the golden GPT-2 file.</summary>
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
    public void Parse_PrefixSpace_IsPutBeforeTheFirstWord()
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
            root["model"]!["vocab"]![piece] = 5000;
            root["model"]!["merges"] = new JsonArray();
        });
        Assert.Equal(ignore ? [5000] : [97, 98], tokenizer.Encode(piece));
        Assert.Equal(5001, tokenizer.VocabularySize);
    }

    [Fact]
    public void Encode_AddedTokens_LongestFirstWithTheirWhiteSpaceAndWordLimits()
    {
        var tokenizer = Change(root =>
        {
            var tokens = root["added_tokens"]!.AsArray();
            tokens.Add(Added(1000, "<a>"));
            tokens.Add(Added(1001, "<a><b>"));
            tokens.Add(Added(1002, "<l>", lstrip: true));
            tokens.Add(Added(1003, "<r>", rstrip: true));
            tokens.Add(Added(1004, "word", singleWord: true));
        });
        Assert.Equal([1001, 1000], tokenizer.Encode("<a><b><a>"));
        Assert.Equal([97, 1002, 98], tokenizer.Encode("a \n <l>b"));
        Assert.Equal([97, 1003, 98], tokenizer.Encode("a<r> \n b"));
        Assert.Equal([1004], tokenizer.Encode("word"));
        Assert.DoesNotContain(1004, tokenizer.Encode("words sword"));
    }

    [Fact]
    public void Encode_NormalizedAddedToken_IsFoundAfterNormalization()
    {
        var tokenizer = Change(root =>
        {
            root["normalizer"] = new JsonObject { ["type"] = "NFC" };
            root["added_tokens"]!.AsArray().Add(Added(1000, "é", normalized: true));
            root["added_tokens"]!.AsArray().Add(Added(1001, "ü"));
        });
        Assert.Equal([1000], tokenizer.Encode("e\u0301"));
        Assert.DoesNotContain(1001, tokenizer.Encode("u\u0308"));
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
        { "pre_tokenizer", "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(\"},\"behavior\":\"Isolated\",\"invert\":false}]}", "pre_tokenizer.pretokenizers[0].pattern.Regex is \"(\"" },
        { "pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"String\":\" \"},\"behavior\":\"MergedWithNext\",\"invert\":false}", "pre_tokenizer.behavior is \"MergedWithNext\"" },
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

    [Fact]
    public void Load_MissingOrBroken_IsSaid()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("does not exist", Assert.Throws<DataException>(() => BpeTokenizer.Load(folder.Path)).Message);
        Assert.Contains("not JSON", Assert.Throws<DataException>(() => BpeTokenizer.Load(folder.Write("tokenizer.json", "{"))).Message);
    }

    [Fact]
    public void EndOfTextId_WithoutOne_SaysHowToAddIt()
    {
        var tokenizer = Change(root => root["added_tokens"] = new JsonArray());
        Assert.Contains("eos_token", Assert.Throws<DataException>(() => tokenizer.EndOfTextId).Message);
    }

    [Fact]
    public void EndOfTextId_FromTheConfig_IsItsEosToken()
    {
        var json = Json(root => root["added_tokens"] = new JsonArray(Added(1000, "</s>")));
        Assert.Equal(1000, BpeTokenizer.Parse(json, "{\"eos_token\":\"</s>\"}"u8.ToArray(), "changed.json").EndOfTextId);
        Assert.Equal(1000, BpeTokenizer.Parse(json, "{\"eos_token\":{\"content\":\"</s>\"}}"u8.ToArray(), "changed.json").EndOfTextId);
    }

    private static BpeTokenizer Original { get; } = BpeTokenizer.Load(Path.Combine(GoldenFiles.Folder, "tokenizer_gpt2"));

    private static BpeTokenizer Change(Action<JsonObject> change) => BpeTokenizer.Parse(Json(change), null, "changed.json");

    private static byte[] Json(Action<JsonObject> change)
    {
        var root = JsonNode.Parse(File.ReadAllBytes(Path.Combine(GoldenFiles.Folder, "tokenizer_gpt2", "tokenizer.json")))!.AsObject();
        change(root);
        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    private static JsonObject Sequence(params JsonNode[] stages) => new() { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(stages) };

    private static JsonObject ByteLevel() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = false };

    private static JsonObject Split(string pattern, string behavior, bool invert = false) => new()
    {
        ["type"] = "Split",
        ["pattern"] = new JsonObject { ["Regex"] = pattern },
        ["behavior"] = behavior,
        ["invert"] = invert,
    };

    private static JsonObject Added(int id, string content, bool lstrip = false, bool rstrip = false, bool singleWord = false, bool normalized = false) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = singleWord,
        ["lstrip"] = lstrip,
        ["rstrip"] = rstrip,
        ["normalized"] = normalized,
        ["special"] = false,
    };
}
