using Distributed.Data.Examples.Records;
using Distributed.Data.Examples.Templates;
using Distributed.Data.Packing;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Examples.Storage;

/// <summary>Writes encoded examples: their tokens as a packed data set, one document per sequence, and an index. Not thread-safe.</summary>
/// <param name="directory">A new or empty folder; it is a data set only after <see cref="Complete"/> has returned.</param>
/// <param name="kind">The kind of the examples.</param>
/// <param name="tokenizer">The tokenizer that encoded them.</param>
public sealed class ExampleDatasetWriter(string directory, ExampleKind kind, BpeTokenizer tokenizer) : IDisposable
{
    private readonly PackedDatasetWriter _tokens = new(directory, tokenizer.VocabularySize, tokenizer.EndOfTextId);
    private readonly ExampleIndex _index = new(kind);

    /// <summary>Number of examples.</summary>
    public int Count => _index.Count / _index.SequencesPerExample;

    /// <summary>Number of tokens of all examples.</summary>
    public long Tokens => _tokens.Tokens - _tokens.Documents;

    /// <summary>Number of tokens that are learnt.</summary>
    public long Targets { get; private set; }

    /// <summary>Number of tokens of the longest example; of a pair, of both sides.</summary>
    public int Longest { get; private set; }

    /// <summary>Appends an example of the data set's kind.</summary>
    public void Append(EncodedRecord record)
    {
        foreach (var sequence in record.Sequences)
        {
            _tokens.Append(sequence.Tokens);
            _index.Add(sequence.Tokens.Length, TargetSpans.Of(sequence.IsTarget));
            Targets += sequence.TargetCount;
        }

        if (record is EncodedPrompt prompt) _index.AddReference(prompt.Answer, prompt.Domain);
        Longest = Math.Max(Longest, record.TokenCount);
    }

    /// <summary>Finishes the files.</summary>
    public void Complete()
    {
        _tokens.Complete();
        ExampleIndexFile.Write(_index, directory);
    }

    /// <inheritdoc/>
    public void Dispose() => _tokens.Dispose();
}
