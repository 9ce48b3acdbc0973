using System.Globalization;
using System.Text;

namespace Distributed.Data.Tokenizers.Unicode;

/// <summary>
/// Rewrites a regular expression of tokenizer.json, which Hugging Face's library passes to Oniguruma (Ruby's syntax), so that .NET has the
/// same matches: letters whose case is ignored also match the equal letters that .NET does not have, and <c>\w</c> and <c>\b</c> use
/// Oniguruma's word characters. Constructs that have another meaning in .NET are refused. Foldings to several characters (ß to ss) are not
/// applied.
/// </summary>
internal sealed class OnigurumaPattern
{
    // Alphabetic, marks, decimal digits and connectors; outside a class also the other digits and fractions of Latin-1.
    private const string WordInClass = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u24B6-\u24E9";
    private const string Word = WordInClass + @"\u00B2\u00B3\u00B9\u00BC-\u00BE";

    private readonly string _pattern;
    private readonly StringBuilder _result = new();
    private readonly Stack<bool> _outer = [];
    private bool _ignoresCase;
    private int _at;

    private OnigurumaPattern(string pattern) => _pattern = pattern;

    /// <summary>The equivalent .NET expression.</summary>
    /// <exception cref="ArgumentException">
    /// The expression uses a construct that .NET does not have, or that has another meaning in .NET.
    /// </exception>
    public static string Translate(string pattern)
    {
        var translation = new OnigurumaPattern(pattern);
        if (pattern.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            throw new ArgumentException("It has a character beyond U+FFFF.");
        }

        while (translation._at < pattern.Length)
        {
            translation.Next();
        }

        return translation._result.ToString();
    }

    private void Next()
    {
        switch (_pattern[_at])
        {
            case '\\':
                Escape();
                break;
            case '[':
                Class();
                break;
            case '(':
                Group();
                break;
            case ')':
                _ignoresCase = _outer.TryPop(out var outer) && outer;
                Copy(1);
                break;
            case '{' when Follows("{,"):
                throw Foreign("{,");
            default:
                Literal(_pattern[_at], 1);
                break;
        }
    }

    private void Literal(char letter, int length)
    {
        var missed = _ignoresCase ? CaseFolding.Missed(letter, letter) : "";
        if (missed.Length > 0)
        {
            _result.Append('[').Append(missed).Append(']');
            _at += length;
            return;
        }

        Copy(length);
    }

    private void Escape()
    {
        if (Character(out var letter) is > 0 and var length)
        {
            Literal(letter, length);
            return;
        }

        var (insert, used) = (_at + 1 < _pattern.Length ? _pattern[_at + 1] : '\0') switch
        {
            'w' => ($"[{Word}]", 2),
            'W' => ($"[^{Word}]", 2),
            'b' => ($"(?:(?<=[{Word}])(?![{Word}])|(?<![{Word}])(?=[{Word}]))", 2),
            'B' => ($"(?:(?<=[{Word}])(?=[{Word}])|(?<![{Word}])(?![{Word}]))", 2),
            'p' or 'P' when _ignoresCase && PropertyLength() is var property => ($"(?-i:{_pattern.Substring(_at, property)})", property),
            _ => ("", 0),
        };
        if (used == 0)
        {
            Copy(2);
            return;
        }

        _result.Append(insert);
        _at += used;
    }

    // The length and the character of an escape \xHH or \uHHHH; 0 for any other text.
    private int Character(out char letter)
    {
        letter = '\0';
        var digits = Follows(@"\x") ? 2 : Follows(@"\u") ? 4 : 0;
        if (digits == 0 || _at + 2 + digits > _pattern.Length
            || !ushort.TryParse(_pattern.AsSpan(_at + 2, digits), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out var code))
        {
            return 0;
        }

        letter = (char)code;
        return 2 + digits;
    }

    private int PropertyLength() => _pattern.IndexOf('}', _at) is > 0 and var end ? end + 1 - _at : 2;

    private void Class()
    {
        Copy(Follows("[^") ? 2 : 1);
        var added = new StringBuilder();
        char? first = null; // first character of a range whose '-' has been read
        char? previous = null;
        for (var isFirst = true; _at < _pattern.Length && (_pattern[_at] != ']' || isFirst); isFirst = false)
        {
            if (_pattern[_at] == '[' || Follows("&&"))
            {
                throw Foreign(_pattern[_at] == '[' ? "[ in a class" : "&& in a class");
            }

            if (_pattern[_at] == '-' && previous is not null && first is null && !Follows("-]"))
            {
                first = previous;
                Copy(1);
                continue;
            }

            var member = Member();
            if (_ignoresCase && member is { } last)
            {
                added.Append(CaseFolding.Missed(first ?? last, last));
            }

            (previous, first) = (first is null ? member : null, null);
        }

        _result.Append(added);
        Copy(1);
    }

    // Copies one member of a class and returns its character; null if the member is a set of characters.
    private char? Member()
    {
        if (_pattern[_at] != '\\')
        {
            Copy(1);
            return _pattern[_at - 1];
        }

        if (Character(out var letter) is > 0 and var length)
        {
            Copy(length);
            return letter;
        }

        if (Follows(@"\W") || (_ignoresCase && (Follows(@"\p{Lu}") || Follows(@"\p{Ll}") || Follows(@"\p{Lt}") || Follows(@"\P{L"))))
        {
            throw Foreign($"{_pattern.AsSpan(_at, 2)} in a class");
        }

        if (Follows(@"\w"))
        {
            _result.Append(WordInClass);
            _at += 2;
            return null;
        }

        Copy(Follows(@"\p") || Follows(@"\P") ? PropertyLength() : 2);
        return char.IsAsciiLetterOrDigit(_pattern[_at - 1]) || _pattern[_at - 1] == '}' ? null : _pattern[_at - 1];
    }

    private void Group()
    {
        _outer.Push(_ignoresCase);
        if (!Follows("(?"))
        {
            Copy(1);
            return;
        }

        var start = _at;
        var flags = _at + 2;
        while (flags < _pattern.Length && (char.IsAsciiLetter(_pattern[flags]) || _pattern[flags] == '-'))
        {
            flags++;
        }

        var name = _pattern[(_at + 2)..flags];
        if (name.Length == 0)
        {
            // (?: (?= (?! (?> (?<= (?<! and named groups, whose names are not text.
            var named = Follows("(?<") && flags + 1 < _pattern.Length && char.IsLetter(_pattern[flags + 1]);
            Copy(named ? _pattern.IndexOf('>', _at) + 1 - _at : 2);
            return;
        }

        var closes = flags < _pattern.Length && _pattern[flags] == ')';
        if (name is not ("i" or "-i") || (closes && start > 0 && _pattern[start - 1] is not ('(' or ':')))
        {
            throw Foreign($"(?{name}");
        }

        _ignoresCase = name == "i";
        if (closes)
        {
            _outer.Pop(); // the flag applies to the end of the enclosing group
        }

        Copy(flags + 1 - _at);
    }

    private bool Follows(string text) => _pattern.AsSpan(_at).StartsWith(text, StringComparison.Ordinal);

    private void Copy(int length)
    {
        length = Math.Clamp(length, 1, _pattern.Length - _at);
        _result.Append(_pattern, _at, length);
        _at += length;
    }

    private static ArgumentException Foreign(string what) => new($"'{what}' has another meaning in .NET.");
}
