namespace Distributed.Data.Tokenizers.PreTokenizers;

/// <summary>Receives the pieces of a text in order. Merges never cross the boundary of a piece.</summary>
internal interface IPieceSink
{
    void Add(ReadOnlySpan<char> piece);
}

/// <summary>A stage that splits text into pieces and passes each piece to the next stage; the last stage passes it to the sink.</summary>
internal abstract class PreTokenizer
{
    private PreTokenizer? _next;

    /// <summary>Connects stages and returns the first; null for no stages, when the whole text is one piece.</summary>
    public static PreTokenizer? Chain(IReadOnlyList<PreTokenizer> stages)
    {
        for (var i = 1; i < stages.Count; i++)
        {
            stages[i - 1]._next = stages[i];
        }

        return stages.Count > 0 ? stages[0] : null;
    }

    /// <summary>Splits a text.</summary>
    /// <param name="text">Well-formed UTF-16, not empty.</param>
    /// <param name="sink">Receives the last stage's pieces.</param>
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
