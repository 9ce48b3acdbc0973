using System.Text;

namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>Damage that is independent of the format, and text that is difficult for parsers.</summary>
internal static class ByteEdits
{
    /// <summary>Numbers at and beyond the limits of every numeric type.</summary>
    public static readonly string[] Numbers =
    [
        "0", "-0", "-1", "1", "7", "1.5", "1e3", "1e400", "-1e400", "1e-400", "0e9999999999", "1e99999999999", "NaN", "Infinity",
        "2147483648", "4294967296",
        "4611686018427387904", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616",
        new string('9', 400), "00", "0x10",
    ];

    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", "\"", ",", ":", "null", "true", " ", "\n", "\t", "\0", "\u001b[2J", "\\", "\\u0000", "\\ud800", "\\u001b",
        "\u00ff", "\u00c3\u0028", "\u00ed\u00a0\u0080", "\u00ef\u00bb\u00bf",
        "//", "/*", "\"step\": 3,", "\"version\": 1,", "\"dtype\":\"F64\",", "\"__metadata__\":{},", "\"shape\":[],", "{\"a\":", "[[",
    ];

    /// <summary>Applies one to three edits.</summary>
    public static byte[] Several(Random random, byte[] bytes)
    {
        var edited = bytes.ToList();
        for (var edits = random.Next(1, 4); edits > 0 && edited.Count > 0; edits--) Edit(random, edited);
        return [.. edited];
    }

    /// <summary>Replaces one decimal number by another.</summary>
    public static void Number(Random random, List<byte> bytes)
    {
        var at = bytes.FindIndex(random.Next(bytes.Count), b => b is >= (byte)'0' and <= (byte)'9');
        if (at < 0) return;
        var end = at;
        while (end < bytes.Count && bytes[end] is >= (byte)'0' and <= (byte)'9') end++;
        bytes.RemoveRange(at, end - at);
        bytes.InsertRange(at, Encoding.ASCII.GetBytes(Numbers[random.Next(Numbers.Length)]));
    }

    private static void Edit(Random random, List<byte> bytes)
    {
        var at = random.Next(bytes.Count);
        var stretch = Math.Min(random.Next(1, 80), bytes.Count - at);
        switch (random.Next(11))
        {
            case 0:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 1:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                bytes[at] = (byte)random.Next(256);
                break;
            case 3:
                bytes.RemoveRange(at, stretch);
                break;
            case 4:
                bytes.InsertRange(at, bytes.GetRange(at, stretch));
                break;
            case 5:
                bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, stretch));
                break;
            case 6:
                for (var i = 0; i < stretch; i++) bytes[at + i] = (byte)random.Next(128, 256);
                break;
            case 7:
                for (var i = 0; i < stretch; i++) bytes[at + i] = 0;
                break;
            case 8:
                bytes.InsertRange(at, Encoding.Latin1.GetBytes(Tokens[random.Next(Tokens.Length)]));
                break;
            case 9:
                Number(random, bytes);
                break;
            default:
                bytes.InsertRange(at, Enumerable.Repeat((byte)(random.Next(2) == 0 ? '[' : '{'), random.Next(1, 3000)));
                break;
        }
    }
}
