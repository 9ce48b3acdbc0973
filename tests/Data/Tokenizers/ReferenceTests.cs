using System.Text;
using System.Text.Json.Nodes;
using Distributed.Data.Tokenizers;
using Distributed.Data.Tokenizers.PreTokenizers;
using static Distributed.Data.Tests.Tokenizers.TokenizerJson;

namespace Distributed.Data.Tests.Tokenizers;

/// <summary>Compares ids on many texts with those of Hugging Face's library itself (Rust, through the package Tokenizers.DotNet).</summary>
public sealed class ReferenceTests : IDisposable
{
    private const string Contractions =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string CasedWords =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
        + @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|"
        + @"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The parts that random texts are composed of: every kind of character that a rule treats specially.</summary>
    private static readonly string[] Parts =
    [
        "a", "B", "the", "don't", "it'\u017Fok", "IT'\u017F", "'LL", "'re", "1", "23", "\u00B2", "\u2167", "\u0663", " ", "  ", "\t", "\n",
        "\r\n", "\u0085", "\u00A0", "\u2028", "\u2003",
        "\u3000", "\u200B", "\u200C", "\u200D", "\u00AD", "\uFEFF", "\u0301", "\u0323", "\u0345", "\u0488", "\u0903", "e\u0301", "\u00E9",
        "\u1112\u1161\u11AB", "\u212B", "\u2126", "\u6DF1\u5EA6",
        "\u01C5", "\u02B0", "\u203F", "_", "-", "\u00AB", "\u20AC", "\u00A9", "\u24B6", "\U0001F130", "\U0001F600",
        "\U0001F468\u200D\U0001F469\u200D\U0001F467", "\U0001F1E9\U0001F1EA", "\u2764\uFE0F",
        "\U0001F44D\U0001F3FD", "\U0001D400", "\U0001D7D8", "\U00010107", "\uE000", "\u0378", "<a>", "<a><b>", "<l>", "<r>", "<lr>", "word",
        "new\u0301", "n\u00E9", "ing", "<s>", "<|endoftext|>",
    ];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Expressions => [Patterns.Gpt2, Patterns.Default, Contractions, CasedWords, @"\w+|\W", @"[\w']+",
        @"\b\w", @"\s+$|^ ", @"(?i)[^a-s]s|\p{Lu}", "(?i:'[SD])"];

    [Theory]
    [MemberData(nameof(Expressions))]
    public void Encode_EveryKindOfCharacter_IsCutAsByTheReference(string pattern)
    {
        var compare = Both(root => root["pre_tokenizer"] = ShowingPieces(pattern));
        foreach (var codes in Codes().Chunk(32))
        {
            compare(string.Concat(codes.Select(code => $"it'{new Rune(code)}ok {new Rune(code)}1{new Rune(code)}! \n")));
        }
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void Encode_RandomTextWithAddedTokens_GivesTheIdsOfTheReference(int seed, bool composes)
    {
        var random = new Random(seed);
        var compare = Both(root =>
        {
            root["pre_tokenizer"] = ShowingPieces(Contractions);
            root["normalizer"] = composes ? new JsonObject { ["type"] = "NFC" } : null;
            var tokens = root["added_tokens"]!.AsArray();
            var id = 957;
            tokens.Add(Added(id++, "<a>"));
            tokens.Add(Added(id++, "<a><b>", singleWord: true));
            tokens.Add(Added(id++, "<l>", lstrip: true));
            tokens.Add(Added(id++, "<r>", rstrip: true));
            tokens.Add(Added(id++, "<lr>", lstrip: true, rstrip: true, normalized: true));
            tokens.Add(Added(id++, "word", singleWord: true));
            tokens.Add(Added(id++, "rd'", normalized: true));
            tokens.Add(Added(id++, "new\u0301", normalized: true));
            tokens.Add(Added(id++, "n\u00E9", singleWord: true, normalized: true));
            tokens.Add(Added(id++, " \n", lstrip: true));
            tokens.Add(Added(id++, "\U0001F468\u200D", singleWord: true, rstrip: true));
            tokens.Add(Added(id, "<s>", singleWord: true, special: true));
        });
        for (var trial = 0; trial < 1500; trial++)
        {
            compare(string.Concat(Enumerable.Range(0, 1 + random.Next(12)).Select(_ => Parts[random.Next(Parts.Length)])));
        }
    }

    [Fact]
    public void Encode_SingleWordBesideEveryCodePoint_IsFoundWhereTheReferenceFindsIt()
    {
        var compare = Both(root => root["added_tokens"]!.AsArray().Add(Added(957, "word", singleWord: true)));
        foreach (var codes in Codes().Chunk(32))
        {
            compare(string.Concat(codes.Select(code => $" {new Rune(code)}word word{new Rune(code)} ")));
        }
    }

    [Fact]
    public void Encode_DecomposedText_IsComposedAsByTheReference()
    {
        var compare = Both(root => root["normalizer"] = new JsonObject { ["type"] = "NFC" });
        foreach (var codes in Codes().Chunk(16))
        {
            compare(string.Concat(
                codes.Select(code => new Rune(code)).Select(c => $"a{c}\u0323\u0301 a\u0301{c}\u0323{c} a\u05B0{c}\u0345\u0327 {c}{c}\n")));
        }
    }

    public void Dispose() => _folder.Dispose();

    // The alphabets of the first blocks, all emoji, every seventeenth of the other code points, and the tag characters of flags.
    private static IEnumerable<int> Codes() => Enumerable.Range(0, 0x20000)
        .Where(code => code is < 0x3100 or (>= 0x1F000 and < 0x1FC00) || code % 17 == 0)
        .Concat(Enumerable.Range(0xE0000, 0x80)).Where(Rune.IsValid);

    /// <summary>Returns a check that both libraries give the same ids.</summary>
    private Action<string> Both(Action<JsonObject> change)
    {
        var root = JsonNode.Parse(File.ReadAllBytes(Path.Combine(GoldenFiles.Folder, "tokenizer_gpt2", "tokenizer.json")))!.AsObject();
        change(root);
        var file = _folder.Write("tokenizer.json", root.ToJsonString());
        var (reference, ours) = (new global::Tokenizers.DotNet.Tokenizer(file), BpeTokenizer.Load(file));
        return text =>
        {
            var (expected, ids) = (reference.Encode(text).Select(id => (int)id), ours.Encode(text));
            if (!ids.SequenceEqual(expected)) Assert.Fail($"{string.Join(' ', text.EnumerateRunes().Select(rune => $"{rune.Value:X}"))}: "
                + $"expected {string.Join(',', expected)}, got {string.Join(',', ids)}");
        };
    }

    // The prefix space makes the beginning of each piece visible in the ids.
    private static JsonObject ShowingPieces(string pattern) => Sequence(Split(pattern, "Isolated"),
        new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = false, ["use_regex"] = false });
}
