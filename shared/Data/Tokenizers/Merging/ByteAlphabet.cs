using System.Text;

namespace Distributed.Data.Tokenizers.Merging;

/// <summary>
/// GPT-2's one-to-one map between bytes and printable characters (Radford et al. 2019, byte-level BPE), in which vocabularies are written:
/// printable Latin-1 characters map to themselves, the other 68 bytes to U+0100 and the following characters in order.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = new char[256];
    private static readonly Dictionary<char, byte> Bytes = new(256);

    static ByteAlphabet()
    {
        var next = '\u0100';
        for (var value = 0; value < 256; value++)
        {
            var standsForItself = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            Characters[value] = standsForItself ? (char)value : next++;
            Bytes[Characters[value]] = (byte)value;
        }
    }

    public static char CharacterOf(byte value) => Characters[value];

    public static string Write(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var value in bytes)
        {
            text.Append(Characters[value]);
        }

        return text.ToString();
    }

    /// <summary>The bytes of a token of the vocabulary; the UTF-8 bytes of its text if it has a character outside the alphabet.</summary>
    public static byte[] Read(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            if (!Bytes.TryGetValue(token[i], out bytes[i]))
            {
                return Encoding.UTF8.GetBytes(token);
            }
        }

        return bytes;
    }
}
