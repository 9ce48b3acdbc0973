using Distributed.Data.Tokenizers.Unicode;

namespace Distributed.Data.Tokenizers.PreTokenizers;

/// <summary>
/// The pre-tokenizer <c>Split</c> of tokenizer.json: every match of the pattern is a piece. The text between matches is a piece too
/// (<c>Isolated</c>) or is left out (<c>Removed</c> with <c>invert</c>).
/// </summary>
internal sealed class SplitPreTokenizer(CodePointRegex regex, bool keepGaps = true) : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> text, IPieceSink sink)
    {
        var visitor = new Visitor(this, text, sink);
        regex.Matches(text, ref visitor);
        visitor.Gap(text.Length);
    }

    private ref struct Visitor(SplitPreTokenizer stage, ReadOnlySpan<char> text, IPieceSink sink) : CodePointRegex.IMatchVisitor
    {
        private readonly ReadOnlySpan<char> _text = text;
        private int _end;

        public void Visit(int start, int length)
        {
            Gap(start);
            stage.Emit(_text.Slice(start, length), sink);
            _end = start + length;
        }

        public readonly void Gap(int end)
        {
            if (stage.KeepsGaps)
            {
                stage.Emit(_text[_end..end], sink);
            }
        }
    }

    private bool KeepsGaps => keepGaps;
}
