using System.Collections;
using System.Globalization;
using System.Text;

namespace Distributed.Data.Tokenizers.Unicode;

/// <summary>
/// Normalization Form C (Unicode Standard Annex #15): decompose, order marks by combining class, compose. It has its own tables, because
/// <see cref="string.Normalize()"/> returns its input unchanged under invariant globalization, and with ICU would depend on the installed
/// version.
/// </summary>
internal static class CanonicalComposition
{
    // Hangul syllables are composed by arithmetic (The Unicode Standard, section 3.12).
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7;
    private const int LCount = 19, VCount = 21, TCount = 28, SCount = LCount * VCount * TCount;

    private static readonly Dictionary<int, byte> CombiningClass = [];
    private static readonly Dictionary<int, int[]> Decomposition = [];
    private static readonly Dictionary<(int First, int Second), int> Composed = [];

    /// <summary>Code points that composition may change; all others are always unchanged.</summary>
    private static readonly BitArray MayChange = new(0x110000);

    static CanonicalComposition()
    {
        using var table = new StreamReader(typeof(CanonicalComposition).Assembly.GetManifestResourceStream("canonical.txt")!);
        while (table.ReadLine() is { } line)
        {
            if (!line.StartsWith('#'))
            {
                AddEntry(line);
            }
        }

        for (var jamo = VBase; jamo < TBase + TCount; jamo++)
        {
            MayChange[jamo] = true;
        }
    }

    /// <summary>The text in form C; the same object if no code point of it may change.</summary>
    public static string Compose(string text)
    {
        if (!MayBeDecomposed(text))
        {
            return text;
        }

        var decomposed = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, decomposed);
        }

        OrderMarks(decomposed);
        var length = ComposeInPlace(decomposed);
        var result = new StringBuilder(length);
        Span<char> units = stackalloc char[2];
        for (var i = 0; i < length; i++)
        {
            result.Append(units[..new Rune(decomposed[i]).EncodeToUtf16(units)]);
        }

        return result.ToString();
    }

    private static bool MayBeDecomposed(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', '\u02FF') < 0)
        {
            return false;
        }

        foreach (var rune in text.EnumerateRunes())
        {
            if (MayChange[rune.Value])
            {
                return true;
            }
        }

        return false;
    }

    private static void Decompose(int code, List<int> target)
    {
        if (code - SBase is >= 0 and < SCount and var s)
        {
            target.Add(LBase + (s / (VCount * TCount)));
            target.Add(VBase + (s % (VCount * TCount) / TCount));
            if (s % TCount > 0)
            {
                target.Add(TBase + (s % TCount));
            }
        }
        else if (Decomposition.TryGetValue(code, out var parts))
        {
            foreach (var part in parts)
            {
                Decompose(part, target);
            }
        }
        else
        {
            target.Add(code);
        }
    }

    /// <summary>Sorts each run of marks by combining class, stably.</summary>
    private static void OrderMarks(List<int> codes)
    {
        for (var i = 1; i < codes.Count; i++)
        {
            var code = codes[i];
            var mark = ClassOf(code);
            var at = i;
            for (; mark > 0 && at > 0 && ClassOf(codes[at - 1]) > mark; at--)
            {
                codes[at] = codes[at - 1];
            }

            codes[at] = code;
        }
    }

    private static int ComposeInPlace(List<int> codes)
    {
        var starter = -1;
        var lastClass = -1;
        var length = 0;
        for (var i = 0; i < codes.Count; i++)
        {
            var code = codes[i];
            var mark = ClassOf(code);
            // A mark composes with its starter unless a mark of the same or a higher class is between them (blocked, D115).
            var adjacent = starter >= 0 && starter == length - 1;
            if (starter >= 0 && (adjacent || lastClass < mark) && TryCompose(codes[starter], code, out var composed))
            {
                codes[starter] = composed;
                continue;
            }

            (starter, lastClass) = mark == 0 ? (length, -1) : (starter, mark);
            codes[length++] = code;
        }

        return length;
    }

    private static bool TryCompose(int first, int second, out int composed)
    {
        if (first - LBase is >= 0 and < LCount and var l && second - VBase is >= 0 and < VCount and var v)
        {
            composed = SBase + (((l * VCount) + v) * TCount);
            return true;
        }

        if (first - SBase is >= 0 and < SCount and var s && s % TCount == 0 && second - TBase is > 0 and < TCount and var t)
        {
            composed = SBase + s + t;
            return true;
        }

        return Composed.TryGetValue((first, second), out composed);
    }

    private static int ClassOf(int code) => CombiningClass.GetValueOrDefault(code);

    private static void AddEntry(string line)
    {
        var at = line.AsSpan().IndexOfAny(';', '=', '>');
        if (line[at] == ';')
        {
            var dots = line.IndexOf("..", StringComparison.Ordinal);
            for (var code = Hex(line.AsSpan(0, dots)); code <= Hex(line.AsSpan(dots + 2, at - dots - 2)); code++)
            {
                CombiningClass[code] = byte.Parse(line.AsSpan(at + 1), CultureInfo.InvariantCulture);
                MayChange[code] = true;
            }

            return;
        }

        var composed = Hex(line.AsSpan(0, at));
        var parts = line[(at + 1)..].Split(' ').Select(part => Hex(part)).ToArray();
        Decomposition[composed] = parts;
        if (line[at] == '=')
        {
            Composed[(parts[0], parts[1])] = composed;
            MayChange[parts[1]] = true;
        }
        else
        {
            MayChange[composed] = true;
        }
    }

    private static int Hex(ReadOnlySpan<char> digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
