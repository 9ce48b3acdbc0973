using Distributed.Data.Examples.Records;

namespace Distributed.Data.Examples.Storage;

/// <summary>The lengths, masks, answers and domains of a data set of examples: about 30 bytes per sequence, and the answers.</summary>
/// <param name="kind">The kind of the examples.</param>
internal sealed class ExampleIndex(ExampleKind kind)
{
    private readonly List<long> _starts = [0];
    private readonly List<int> _firstSpans = [0];
    private readonly List<(int Start, int Length)> _spans = [];
    private readonly List<(string? Answer, string? Domain)> _references = [];

    public ExampleKind Kind => kind;

    /// <summary>Number of sequences of each example.</summary>
    public int SequencesPerExample => kind == ExampleKind.Preferences ? 2 : 1;

    /// <summary>Number of sequences.</summary>
    public int Count => _starts.Count - 1;

    /// <summary>Number of tokens in the data set of tokens, in which an end-of-text token follows each sequence.</summary>
    public long StoredTokens => _starts[^1];

    /// <summary>The answer and the domain of each prompt; empty for other kinds.</summary>
    public IReadOnlyList<(string? Answer, string? Domain)> References => _references;

    /// <summary>Appends a sequence.</summary>
    /// <param name="tokens">Number of its tokens.</param>
    /// <param name="spans">Its targets, in order.</param>
    public void Add(int tokens, IEnumerable<(int Start, int Length)> spans)
    {
        _starts.Add(_starts[^1] + tokens + 1);
        _spans.AddRange(spans);
        _firstSpans.Add(_spans.Count);
    }

    /// <summary>Appends what belongs to a prompt.</summary>
    public void AddReference(string? answer, string? domain) => _references.Add((answer, domain));

    /// <summary>Position of a sequence's first token in the data set of tokens.</summary>
    public long StartOf(int sequence) => _starts[sequence];

    /// <summary>Number of tokens of a sequence.</summary>
    public int LengthOf(int sequence) => (int)(_starts[sequence + 1] - _starts[sequence] - 1);

    /// <summary>The targets of a sequence as spans, in order.</summary>
    public IReadOnlyList<(int Start, int Length)> SpansOf(int sequence) =>
        _spans.GetRange(_firstSpans[sequence], _firstSpans[sequence + 1] - _firstSpans[sequence]);
}
