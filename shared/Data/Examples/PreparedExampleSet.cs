using Distributed.Data.Examples.Storage;
using Distributed.Data.Preparation;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Examples;

/// <summary>Examples ready for training, and their tokenizer.</summary>
public sealed class PreparedExampleSet : IDisposable
{
    internal const string DatasetFolder = "examples";

    internal PreparedExampleSet(string directory, bool isFromCache, Func<ExampleSummary, IEnumerable<DataNotice>> notices)
    {
        (Directory, IsFromCache) = (directory, isFromCache);
        Summary = ExampleSummary.Read(directory);
        Notices = [.. notices(Summary)];
        Tokenizer = BpeTokenizer.Load(TokenizerDirectory);
        Dataset = ExampleDataset.Open(Path.Combine(directory, DatasetFolder));
    }

    /// <summary>The examples.</summary>
    public ExampleDataset Dataset { get; }

    /// <summary>The tokenizer that encoded them.</summary>
    public BpeTokenizer Tokenizer { get; }

    /// <summary>Counts of examples and tokens.</summary>
    public ExampleSummary Summary { get; }

    /// <summary>Examples and files that are skipped or changed.</summary>
    public IReadOnlyList<DataNotice> Notices { get; }

    /// <summary>The folder with all files.</summary>
    public string Directory { get; }

    /// <summary>The folder with tokenizer.json and tokenizer_config.json.</summary>
    public string TokenizerDirectory => Path.Combine(Directory, DataFolder.Tokenizer);

    /// <summary>Whether the examples were taken from the cache.</summary>
    public bool IsFromCache { get; }

    /// <inheritdoc/>
    public void Dispose() => Dataset.Dispose();
}
