using System.Text;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Tests.Tokenizers;

public sealed class RoundTripTests
{
    public static TheoryData<int> Seeds => [1, 2, 3, 4];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Encode_RandomUnicode_DecodesToTheSameBytes(int seed)
    {
        var random = new Random(seed);
        for (var trial = 0; trial < 500; trial++)
        {
            var text = RandomText(random, random.Next(40));
            Assert.Equal(Encoding.UTF8.GetBytes(text), TestTokenizers.Small.DecodeBytes([.. TestTokenizers.Small.Encode(text)]));
        }
    }

    [Fact]
    public void Encode_EveryCodePoint_DecodesToTheSameText()
    {
        for (var code = 0; code < 0x110000; code += 64)
        {
            var text = string.Concat(Enumerable.Range(code, 64).Where(Rune.IsValid).Select(valid => new Rune(valid).ToString()));
            Assert.Equal(text, TestTokenizers.Small.Decode([.. TestTokenizers.Small.Encode(text)]));
        }
    }

    [Fact]
    public void Encode_LoneSurrogate_IsReplaced()
    {
        // Not in attributes, because attributes store strings as UTF-8.
        (string Text, string Expected)[] cases =
        [
            ("\uD800", "\uFFFD"),
            ("a\uDC00b", "a\uFFFDb"),
            ("\uDC00\uD800", "\uFFFD\uFFFD"),
            ("\uD83D\uDE00\uD83D", "\uD83D\uDE00\uFFFD"),
        ];
        foreach (var (text, expected) in cases)
        {
            Assert.Equal(expected, TestTokenizers.Small.Decode([.. TestTokenizers.Small.Encode(text)]));
        }
    }

    [Fact]
    public void Encode_SpecialTokenInText_IsTextIfSpecialTokensAreNotMatched()
    {
        var ids = new List<int>();
        TestTokenizers.Small.Encode("a<|endoftext|>b", ids, matchSpecial: false);
        Assert.DoesNotContain(TestTokenizers.Small.EndOfTextId, ids);
        Assert.Equal("a<|endoftext|>b", TestTokenizers.Small.Decode([.. ids], skipSpecial: true));
        Assert.Equal("ab", TestTokenizers.Small.Decode([.. TestTokenizers.Small.Encode("a<|endoftext|>b")], skipSpecial: true));
    }

    [Fact]
    public void ByteLength_OfATextsTokens_AddsUpToItsBytes()
    {
        var tokenizer = TestTokenizers.Small;
        var ids = tokenizer.Encode(TestTokenizers.Text + BpeTokenizer.EndOfText);
        Assert.Equal(Encoding.UTF8.GetByteCount(TestTokenizers.Text), ids.Sum(tokenizer.ByteLength));
    }

    [Fact]
    public void Decode_UnknownId_NamesTheRange()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => TestTokenizers.Small.Decode([TestTokenizers.Small.VocabularySize]));
        Assert.Contains($"0 to {TestTokenizers.Small.VocabularySize - 1}", error.Message);
    }

    [Fact]
    public void Encode_FromManyThreads_GivesTheSameIds()
    {
        var expected = TestTokenizers.Small.Encode(TestTokenizers.Text);
        Parallel.For(0, 64, _ => Assert.Equal(expected, TestTokenizers.Small.Encode(TestTokenizers.Text)));
    }

    private static string RandomText(Random random, int characters)
    {
        var text = new StringBuilder();
        while (characters-- > 0)
        {
            int code;
            do
            {
                code = random.Next(5) switch
                {
                    0 => random.Next(0x10000, 0x110000),
                    1 => random.Next(0x10000),
                    2 => " \n\r\t'"[random.Next(5)],
                    _ => random.Next(0x80),
                };
            }
            while (!Rune.IsValid(code));
            text.Append(new Rune(code).ToString());
        }

        return text.ToString();
    }
}
