using System.Buffers;
using System.Text;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Examples.Listing;

/// <summary>Writes a token on one line: bytes that are no character, control characters and backslashes are escaped.</summary>
internal static class TokenText
{
    public static string Of(BpeTokenizer tokenizer, int id)
    {
        var text = new StringBuilder();
        for (ReadOnlySpan<byte> bytes = tokenizer.DecodeBytes([id]); !bytes.IsEmpty;)
        {
            var isCharacter = Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done;
            text.Append(isCharacter ? Escaped(rune) : $"\\x{bytes[0]:X2}");
            bytes = bytes[(isCharacter ? length : 1)..];
        }

        return text.ToString();
    }

    private static string Escaped(Rune rune) => rune.Value switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\\' => "\\\\",
        _ when Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune)
            is System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator
            or System.Globalization.UnicodeCategory.Format => $"\\u{rune.Value:X4}",
        _ => rune.ToString(),
    };
}
