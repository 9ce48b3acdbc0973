using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Distributed.Data.Tokenizers.Unicode;

/// <summary>
/// A regular expression over code points, as tokenizer.json requires. .NET's regular expressions match UTF-16 units: the two halves of a
/// letter beyond U+FFFF do not match <c>\p{L}</c>. Therefore each such character is replaced for the match by one unit of the same general
/// category, and the matches are mapped back.
/// </summary>
internal sealed class CodePointRegex
{
    // One character per general category, in the order of UnicodeCategory. Letters and numbers are not Latin-1, not equal to an ASCII
    // letter when case is ignored, and not Chinese or Japanese (some patterns have ranges for those).
    private const string Representatives =
        "\u0416\u0436\u01C5\u02B0\u01BB\u0301\u0903\u0488\u0660\u2160\u2082\u3000\u2028\u2029\u0085"
        + "\u00AD\uD800\uE000\u203F\u2010\u2045\u2046\u00AB\u00BB\u00A7\u00D7\u20AC\u02D8\u00A9\u0378";

    private const char LetterInACircle = '\u24B6'; // a symbol that is a word character

    // A pattern that backtracks without end must not hang a run. One match is about one word and takes microseconds.
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(10);

    private readonly Regex _regex;
    private readonly string _pattern;
    private readonly TimeSpan _limit;

    /// <summary>Compiles a pattern.</summary>
    /// <param name="pattern">A pattern of tokenizer.json, in Oniguruma's syntax, where ^ and $ match the ends of a line.</param>
    /// <param name="limit">Time limit of one match; null for ten seconds.</param>
    /// <exception cref="ArgumentException">
    /// The pattern uses a construct that .NET does not have, or that has another meaning in .NET.
    /// </exception>
    public CodePointRegex(string pattern, TimeSpan? limit = null)
    {
        (_pattern, _limit) = (pattern, limit ?? DefaultLimit);
        _regex = new Regex(
            OnigurumaPattern.Translate(pattern), RegexOptions.Compiled | RegexOptions.CultureInvariant | RegexOptions.Multiline, _limit);
    }

    /// <summary>Receives the matches in a text.</summary>
    public interface IMatchVisitor
    {
        void Visit(int start, int length);
    }

    /// <summary>Visits the non-empty matches from left to right.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="visitor">Called for each match.</param>
    /// <exception cref="DataException">A match takes longer than the time limit.</exception>
    public void Matches<TVisitor>(ReadOnlySpan<char> text, scoped ref TVisitor visitor)
        where TVisitor : IMatchVisitor, allows ref struct
    {
        try
        {
            MatchesOf(text, ref visitor);
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new DataException(
                $"The tokenizer's pattern '{_pattern}' backtracks too much: one match takes longer than {_limit.TotalSeconds:0.#} s. "
                + "Choose another tokenizer.json, or correct its Split pattern.", error);
        }
    }

    private void MatchesOf<TVisitor>(ReadOnlySpan<char> text, scoped ref TVisitor visitor)
        where TVisitor : IMatchVisitor, allows ref struct
    {
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            foreach (var match in _regex.EnumerateMatches(text))
            {
                Visit(ref visitor, match.Index, match.Length);
            }

            return;
        }

        var units = ArrayPool<char>.Shared.Rent(text.Length);
        var starts = ArrayPool<int>.Shared.Rent(text.Length + 1);
        try
        {
            var count = Project(text, units, starts);
            foreach (var match in _regex.EnumerateMatches(units.AsSpan(0, count)))
            {
                Visit(ref visitor, starts[match.Index], starts[match.Index + match.Length] - starts[match.Index]);
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(units);
            ArrayPool<int>.Shared.Return(starts);
        }
    }

    /// <summary>The unit that represents a code point beyond U+FFFF.</summary>
    internal static char RepresentativeOf(Rune rune) =>
        WordCharacters.IsLetterInACircleOrSquare(rune.Value) ? LetterInACircle : RepresentativeOf(Rune.GetUnicodeCategory(rune));

    /// <summary>The unit that represents a category.</summary>
    internal static char RepresentativeOf(UnicodeCategory category) => Representatives[(int)category];

    private static void Visit<TVisitor>(scoped ref TVisitor visitor, int start, int length)
        where TVisitor : IMatchVisitor, allows ref struct
    {
        if (length > 0)
        {
            visitor.Visit(start, length);
        }
    }

    private static int Project(ReadOnlySpan<char> text, char[] units, int[] starts)
    {
        var count = 0;
        for (var i = 0; i < text.Length; count++)
        {
            starts[count] = i;
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                units[count] = RepresentativeOf(new Rune(text[i], text[i + 1]));
                i += 2;
            }
            else
            {
                units[count] = text[i++];
            }
        }

        starts[count] = text.Length;
        return count;
    }
}
