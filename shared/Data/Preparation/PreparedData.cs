using Distributed.Data.Packing;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Preparation;

/// <summary>Data ready for training: a tokenizer and two packed data sets.</summary>
public sealed class PreparedData : IDisposable
{
    internal PreparedData(string directory, bool fromCache, IReadOnlyList<StageTime> times,
        Func<DataSummary, IEnumerable<DataNotice>> notices)
    {
        Directory = directory;
        IsFromCache = fromCache;
        Times = times;
        Summary = DataSummary.Read(directory);
        Notices = [.. notices(Summary)];
        Tokenizer = BpeTokenizer.Load(TokenizerDirectory);
        Train = PackedDataset.Open(Path.Combine(directory, DataFolder.Train));
        try
        {
            Evaluation = PackedDataset.Open(Path.Combine(directory, DataFolder.Evaluation));
        }
        catch
        {
            Train.Dispose();
            throw;
        }
    }

    public BpeTokenizer Tokenizer { get; }

    public PackedDataset Train { get; }

    /// <summary>The held-out text; empty if nothing is held out.</summary>
    public PackedDataset Evaluation { get; }

    /// <summary>Counts of documents, bytes and tokens.</summary>
    public DataSummary Summary { get; }

    public string ContentId => Summary.ContentId;

    /// <summary>UTF-8 bytes of the held-out text.</summary>
    public long EvaluationBytes => Summary.EvaluationBytes;

    /// <summary>Size in bytes of the held-out text compressed by gzip.</summary>
    public long EvaluationGzipBytes => Summary.EvaluationGzipBytes;

    /// <summary>The folder with all files.</summary>
    public string Directory { get; }

    /// <summary>The folder with tokenizer.json and tokenizer_config.json.</summary>
    public string TokenizerDirectory => Path.Combine(Directory, DataFolder.Tokenizer);

    /// <summary>The file with the held-out text: the documents one after the other, without separators.</summary>
    public string EvaluationTextPath => Path.Combine(Directory, DataFolder.EvaluationText);

    /// <summary>Whether the data was taken from the cache.</summary>
    public bool IsFromCache { get; }

    /// <summary>Differences from the options: skipped files, a smaller vocabulary, a different held-out part.</summary>
    public IReadOnlyList<DataNotice> Notices { get; }

    /// <summary>Duration of each stage of this call.</summary>
    public IReadOnlyList<StageTime> Times { get; }

    public void Dispose()
    {
        Train.Dispose();
        Evaluation.Dispose();
    }
}
