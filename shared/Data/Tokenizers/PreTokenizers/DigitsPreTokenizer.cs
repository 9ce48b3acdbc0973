using System.Text;

namespace Distributed.Data.Tokenizers.PreTokenizers;

/// <summary>
/// The pre-tokenizer <c>Digits</c> of tokenizer.json: a run of numeric characters (categories Nd, Nl, No) is a piece, or each of its
/// characters.
/// </summary>
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
