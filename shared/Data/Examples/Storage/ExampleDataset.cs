using Distributed.Data.Examples.Records;
using Distributed.Data.Examples.Templates;
using Distributed.Data.Packing;

namespace Distributed.Data.Examples.Storage;

/// <summary>Encoded examples on disk: memory-mapped tokens, and an index in memory. Thread-safe.</summary>
public sealed class ExampleDataset : IDisposable
{
    private readonly PackedDataset _tokens;
    private readonly ExampleIndex _index;

    private ExampleDataset(PackedDataset tokens, ExampleIndex index) => (_tokens, _index) = (tokens, index);

    /// <summary>The kind of the examples.</summary>
    public ExampleKind Kind => _index.Kind;

    /// <summary>Number of examples; a pair is one example.</summary>
    public int Count => _index.Count / _index.SequencesPerExample;

    /// <summary>Number of ids of the tokenizer.</summary>
    public int VocabularySize => _tokens.VocabularySize;

    /// <summary>Id of the end-of-text token.</summary>
    public int EndOfTextId => _tokens.EndOfTextId;

    /// <summary>Opens a data set. Damage to the tokens themselves is found when they are first read.</summary>
    /// <exception cref="DataException">The data set is missing, truncated or damaged.</exception>
    public static ExampleDataset Open(string directory)
    {
        var index = ExampleIndexFile.Read(directory);
        var tokens = PackedDataset.Open(directory);
        if (tokens.TokenCount == index.StoredTokens) return new ExampleDataset(tokens, index);
        tokens.Dispose();
        throw new DataException(
            $"The data set of examples '{directory}' is damaged: its index has {index.StoredTokens} tokens, its shards have "
            + $"{tokens.TokenCount}. Delete the folder and prepare the data again.");
    }

    /// <summary>Number of tokens of an example; of a pair, of both sides.</summary>
    /// <param name="example">Index of the example, from 0 to below <see cref="Count"/>.</param>
    public int TokenCount(int example)
    {
        var first = FirstSequence(example);
        return _index.LengthOf(first) + (_index.SequencesPerExample == 2 ? _index.LengthOf(first + 1) : 0);
    }

    /// <summary>
    /// Reads an example: an <see cref="EncodedPair"/> of preferences, an <see cref="EncodedPrompt"/> of prompts, otherwise an
    /// <see cref="EncodedExample"/>.
    /// </summary>
    /// <param name="example">Index of the example, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="DataException">A block of the shard that holds the example is damaged.</exception>
    public EncodedRecord Read(int example)
    {
        var first = FirstSequence(example);
        return Kind switch
        {
            ExampleKind.Preferences => new EncodedPair(Sequence(first), Sequence(first + 1)),
            ExampleKind.Prompts => new EncodedPrompt(Tokens(first), _index.References[example].Answer, _index.References[example].Domain),
            _ => Sequence(first),
        };
    }

    /// <summary>Reads all tokens and compares their hashes with those in the manifest.</summary>
    /// <exception cref="DataException">A hash or a checksum differs.</exception>
    public void Verify() => _tokens.Verify();

    /// <inheritdoc/>
    public void Dispose() => _tokens.Dispose();

    private int FirstSequence(int example)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(example);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(example, Count);
        return example * _index.SequencesPerExample;
    }

    private EncodedExample Sequence(int sequence)
    {
        var mask = new bool[_index.LengthOf(sequence)];
        foreach (var (start, length) in _index.SpansOf(sequence)) Array.Fill(mask, true, start, length);
        return new EncodedExample(Tokens(sequence), mask);
    }

    private int[] Tokens(int sequence)
    {
        var tokens = new int[_index.LengthOf(sequence)];
        _tokens.ReadTokens(_index.StartOf(sequence), tokens);
        return tokens;
    }
}
