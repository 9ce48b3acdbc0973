using System.Text;

namespace Distributed.Data.Tokenizers.PreTokenizers;

/// <summary>tokenizer.json's <c>Digits</c>: runs of numeric characters (categories Nd, Nl, No), or each of them, are pieces.</summary>
internal sealed class DigitsPreTokenizer(bool individually) : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> text, IPieceSink sink)
    {
        var start = 0;
        var inNumber = false;
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var isNumber = Rune.IsNumber(rune);
            if (at > start && (isNumber != inNumber || (isNumber && individually)))
            {
                Emit(text[start..at], sink);
                start = at;
            }

            inNumber = isNumber;
            at += rune.Utf16SequenceLength;
        }

        Emit(text[start..], sink);
    }
}
