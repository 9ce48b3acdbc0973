namespace Distributed.Data.Tokenizers.PreTokenizers;

/// <summary>Takes the pieces of a text in order. Merges never cross from one piece into another.</summary>
internal interface IPieceSink
{
    void Add(ReadOnlySpan<char> piece);
}

/// <summary>One stage that cuts text into pieces and hands each to the next stage, the last one's to the sink.</summary>
internal abstract class PreTokenizer
{
    private PreTokenizer? _next;

    /// <summary>Stages in a row; null stands for none, where the whole text is one piece.</summary>
    public static PreTokenizer? Chain(IReadOnlyList<PreTokenizer> stages)
    {
        for (var i = 1; i < stages.Count; i++)
        {
            stages[i - 1]._next = stages[i];
        }

        return stages.Count > 0 ? stages[0] : null;
    }

    /// <param name="text">Well-formed UTF-16, not empty.</param>
    /// <param name="sink">Where the last stage's pieces go.</param>
    public abstract void Split(ReadOnlySpan<char> text, IPieceSink sink);

    protected void Emit(ReadOnlySpan<char> piece, IPieceSink sink)
    {
        if (piece.IsEmpty)
        {
            return;
        }

        if (_next is null)
        {
            sink.Add(piece);
        }
        else
        {
            _next.Split(piece, sink);
        }
    }
}
