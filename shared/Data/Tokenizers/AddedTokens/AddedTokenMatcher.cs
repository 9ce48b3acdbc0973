using System.Buffers;
using System.Globalization;

namespace Distributed.Data.Tokenizers.AddedTokens;

/// <summary>Finds added tokens in text: the leftmost, and of those the longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<char, AddedToken[]> _byFirst;
    private readonly SearchValues<char> _first;

    public AddedTokenMatcher(IEnumerable<AddedToken> tokens)
    {
        _byFirst = tokens.Where(token => token.Content.Length > 0)
            .GroupBy(token => token.Content[0])
            .ToDictionary(group => group.Key, group => group.OrderByDescending(token => token.Content.Length).ToArray());
        _first = SearchValues.Create(_byFirst.Keys.ToArray());
    }

    public bool IsEmpty => _byFirst.Count == 0;

    /// <summary>The next token at or after <paramref name="from"/>, and the range of text that it takes.</summary>
    public AddedToken? Next(ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        for (var at = from; at < text.Length; at++)
        {
            var step = text[at..].IndexOfAny(_first);
            if (step < 0)
            {
                break;
            }

            at += step;
            foreach (var token in _byFirst[text[at]])
            {
                if (!text[at..].StartsWith(token.Content, StringComparison.Ordinal) || (token.SingleWord && TouchesWord(text, at, at + token.Content.Length)))
                {
                    continue;
                }

                (start, end) = (at, at + token.Content.Length);
                start = token.LStrip ? from + text[from..start].TrimEnd().Length : start;
                end = token.RStrip ? text.Length - text[end..].TrimStart().Length : end;
                return token;
            }
        }

        (start, end) = (text.Length, text.Length);
        return null;
    }

    private static bool TouchesWord(ReadOnlySpan<char> text, int start, int end) =>
        (start > 0 && IsWord(text[start - 1])) || (end < text.Length && IsWord(text[end]));

    private static bool IsWord(char unit) => char.IsLetterOrDigit(unit) || char.IsSurrogate(unit)
        || char.GetUnicodeCategory(unit) is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
