namespace Distributed.Data.Tokenizers.PreTokenizers;

/// <summary>
/// The pre-tokenizer <c>ByteLevel</c> with <c>add_prefix_space</c>: adds a space to a piece that does not begin with one.
/// </summary>
internal sealed class PrefixSpacePreTokenizer : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> text, IPieceSink sink) =>
        Emit(text[0] == ' ' ? text : string.Concat(" ", text), sink);
}
