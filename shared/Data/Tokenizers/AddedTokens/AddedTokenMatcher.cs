using System.Buffers;
using Distributed.Data.Tokenizers.Unicode;

namespace Distributed.Data.Tokenizers.AddedTokens;

/// <summary>
/// Finds added tokens in text as Hugging Face's tokenizers library does (added_vocabulary.rs, find_matches): the leftmost match wins, of
/// these the longest, and matches do not overlap. A match that <c>single_word</c> rejects still occupies its range, so no shorter token is
/// found in it.
/// </summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<char, (string Text, AddedToken Token)[]> _byFirst;
    private readonly SearchValues<char> _first;

    /// <summary>Creates a matcher.</summary>
    /// <param name="tokens">Each token and the text to match; of two tokens with the same text the first is found.</param>
    public AddedTokenMatcher(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        _byFirst = tokens.GroupBy(token => token.Text[0])
            .ToDictionary(group => group.Key, group => group.OrderByDescending(token => token.Text.Length).ToArray());
        _first = SearchValues.Create(_byFirst.Keys.ToArray());
    }

    /// <summary>Splits a text into added tokens and the text between them.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="matchSpecial">Whether special tokens are matched; if false, they stay in the text between.</param>
    /// <returns>Ranges in order; the token is null for the text between tokens, which is never empty.</returns>
    public List<(AddedToken? Token, Range Range)> Split(ReadOnlySpan<char> text, bool matchSpecial)
    {
        var sections = new List<(AddedToken?, Range)>(1);
        var taken = 0;
        for (var from = 0; Next(text, from, out var start, out var end) is { } token;)
        {
            from = end;
            if ((token.IsSpecial && !matchSpecial) || (token.SingleWord && TouchesWord(text, start, end)))
            {
                continue;
            }

            start = token.LStrip ? Math.Max(text[..start].TrimEnd().Length, taken) : start;
            end = token.RStrip ? text.Length - text[end..].TrimStart().Length : end;
            if (taken < start)
            {
                sections.Add((null, taken..start));
            }

            sections.Add((token, start..Math.Max(start, end)));
            taken = end;
        }

        if (taken < text.Length)
        {
            sections.Add((null, taken..text.Length));
        }

        return sections;
    }

    private AddedToken? Next(ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        for (var at = from; text[at..].IndexOfAny(_first) is >= 0 and var step; at++)
        {
            at += step;
            foreach (var (content, token) in _byFirst[text[at]])
            {
                if (text[at..].StartsWith(content, StringComparison.Ordinal))
                {
                    (start, end) = (at, at + content.Length);
                    return token;
                }
            }
        }

        (start, end) = (text.Length, text.Length);
        return null;
    }

    private static bool TouchesWord(ReadOnlySpan<char> text, int start, int end) =>
        WordCharacters.EndsWithOne(text[..start]) || WordCharacters.StartsWithOne(text[end..]);
}
