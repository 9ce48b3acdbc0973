using System.Globalization;
using System.Text;

namespace Distributed.Data.Tokenizers.Unicode;

/// <summary>
/// The characters of <c>\w</c> in Rust's regular expressions (Unicode Technical Standard 18, annex C): alphabetic characters, marks,
/// decimal digits, connector punctuation, and the two joiners. An added token with <c>single_word</c> matches only if none of them is
/// adjacent.
/// </summary>
internal static class WordCharacters
{
    public static bool StartsWithOne(ReadOnlySpan<char> text) =>
        !text.IsEmpty && Rune.DecodeFromUtf16(text, out var rune, out _) == 0 && Contains(rune);

    public static bool EndsWithOne(ReadOnlySpan<char> text) =>
        !text.IsEmpty && Rune.DecodeLastFromUtf16(text, out var rune, out _) == 0 && Contains(rune);

    private static bool Contains(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        <= UnicodeCategory.OtherLetter => true,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => true,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.Format => rune.Value is 0x200C or 0x200D,
        UnicodeCategory.OtherSymbol => IsLetterInACircleOrSquare(rune.Value),
        _ => false,
    };

    /// <summary>Whether the code point is a symbol that is alphabetic (Other_Alphabetic in the Unicode Character Database).</summary>
    public static bool IsLetterInACircleOrSquare(int code) =>
        code is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
}
