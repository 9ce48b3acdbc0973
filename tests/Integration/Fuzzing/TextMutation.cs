using System.Text;

namespace Distributed.Integration.Tests.Fuzzing;

/// <summary>Reproducible random mutations of a text.</summary>
internal static class TextMutation
{
    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", "\"", "'", ",", ":", ": ", "\n", "\n  ", "- ", "? ", "| ", "> ", "# ", "---\n", "...\n", "&a ", "*a", "!!int ",
        "%YAML 1.2\n", "<<: ", "@", "`", "\t",
        "null", "~", "true", "-1", "0", "1e3", "1e999", "-1e-999", "0,8", "1,000", "9223372036854775807", "-9223372036854775808",
        "18446744073709551616", "2147483648", "NaN", ".inf", "Infinity", "0x10", "007",
        "\\u0000", "\\ud800", "\\", "\0", "\ufeff", "\ud83d\ude00", "\u2028", "é", "::1", "[::1]:80", "127.0.0.1", ":65536", "http://",
        "unix:", "%25", "@step=1", ";", "=", "../", "(a+)+$", "[^",
    ];

    /// <summary>Returns one of the seeds, changed in one to six places; the same for the same number.</summary>
    public static string Draw(int number, IReadOnlyList<string> seeds)
    {
        var random = new Random(number);
        var text = new StringBuilder(seeds[random.Next(seeds.Count)]);
        for (var edits = random.Next(1, 7); edits > 0; edits--)
        {
            var at = random.Next(text.Length + 1);
            switch (random.Next(8))
            {
                case 0 when at < text.Length:
                    text[at] = (char)(text[at] ^ (1 << random.Next(7)));
                    break;
                case 1 when at < text.Length:
                    text.Remove(at, Math.Min(random.Next(1, 20), text.Length - at));
                    break;
                case 2 when at < text.Length:
                    text.Insert(random.Next(text.Length), text.ToString(at, Math.Min(random.Next(1, 60), text.Length - at)));
                    break;
                case 3 when random.Next(4) == 0:
                    text.Insert(at, string.Concat(Enumerable.Repeat(Tokens[random.Next(Tokens.Length)], random.Next(2, 3000))));
                    break;
                case 4 when at < text.Length:
                    text[at] = (char)('0' + random.Next(10));
                    break;
                case 5:
                    var other = seeds[random.Next(seeds.Count)];
                    var from = random.Next(other.Length + 1);
                    text.Insert(at, other.AsSpan(from, Math.Min(random.Next(40), other.Length - from)));
                    break;
                case 6 when random.Next(8) == 0:
                    text.Length = at;
                    break;
                default:
                    text.Insert(at, Tokens[random.Next(Tokens.Length)]);
                    break;
            }
        }

        return text.ToString();
    }
}
