namespace Distributed.Data.Tokenizers.PreTokenizers;

/// <summary><c>ByteLevel</c> with <c>add_prefix_space</c>: a piece that does not begin with a space gets one.</summary>
internal sealed class PrefixSpacePreTokenizer : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> text, IPieceSink sink) =>
        Emit(text[0] == ' ' ? text : string.Concat(" ", text), sink);
}
