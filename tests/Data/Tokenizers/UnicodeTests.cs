using System.Globalization;
using Distributed.Data.Tokenizers.Unicode;

namespace Distributed.Data.Tests.Tokenizers;

public sealed class UnicodeTests
{
    [Fact]
    public void CodePointRegex_Representatives_HaveTheirCategory()
    {
        foreach (var category in Enum.GetValues<UnicodeCategory>())
        {
            Assert.Equal(category, char.GetUnicodeCategory(CodePointRegex.RepresentativeOf(category)));
        }
    }

    [Theory]
    [InlineData(@"\p{L}+", "a𝐀𝐁 𠮷野 1𝟘", "a𝐀𝐁|𠮷野")]
    [InlineData(@"\p{N}+", "a𝐀 𝟘1𝟙", "𝟘1𝟙")]
    [InlineData(@"[^\s\p{L}\p{N}]+", "a😀😀! 𠮷", "😀😀!")]
    [InlineData(@"\p{L}", "𝐀𝐁", "𝐀|𝐁")]
    public void CodePointRegex_BeyondTheBasicPlane_MatchesWholeCharacters(string pattern, string text, string expected)
    {
        var visitor = new Collector { Text = text };
        new CodePointRegex(pattern).Matches(text, ref visitor);
        Assert.Equal(expected, string.Join('|', visitor.Found));
    }

    [Fact]
    public void CodePointRegex_PatternThatBacktracksWithoutEnd_IsAbandonedAndNamed()
    {
        var text = new string('a', 64) + "!";
        var regex = new CodePointRegex("(([A-Za-z ]+)+)+$~", limit: TimeSpan.FromMilliseconds(50));

        var error = Assert.Throws<DataException>(() =>
        {
            var visitor = new Collector { Text = text };
            regex.Matches(text, ref visitor);
        });

        Assert.Contains("'(([A-Za-z ]+)+)+$~' backtracks too much", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("\u00E9", "\u00E9")]
    [InlineData("\u212B", "\u00C5")] // Angstrom sign: a singleton
    [InlineData("a\u0315\u0300", "\u00E0\u0315")] // reordered, then composed
    [InlineData("a\u0301\u0300", "\u00E1\u0300")] // the second is blocked from the letter
    [InlineData("\u0300\u0301", "\u0300\u0301")] // marks without a letter
    [InlineData("\u1112\u1161\u11AB", "\uD55C")] // Hangul from its letters
    [InlineData("\uD55C\uAE00", "\uD55C\uAE00")]
    [InlineData("\uAC00\u11A8", "\uAC01")]
    [InlineData("\uAC00\u11A7", "\uAC00\u11A7")] // U+11A7, before the first final consonant, is not a consonant
    [InlineData("\u0958", "\u0915\u093C")] // excluded from composition
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323")]
    [InlineData("\u0044\u0307\u0323", "\u1E0C\u0307")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("\U00011099\U000110BA", "\U0001109A")]
    [InlineData("\uFB01", "\uFB01")] // a compatibility form is unchanged
    [InlineData("\u03B9\u0308\u0301", "\u0390")]
    public void Compose_StandardExamples_GivesFormC(string text, string expected)
    {
        Assert.Equal(expected, CanonicalComposition.Compose(text));
        Assert.Equal(expected, CanonicalComposition.Compose(expected));
    }

    private struct Collector() : CodePointRegex.IMatchVisitor
    {
        public required string Text { get; init; }

        public List<string> Found { get; } = [];

        public readonly void Visit(int start, int length) => Found.Add(Text.Substring(start, length));
    }
}
