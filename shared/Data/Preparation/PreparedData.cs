using Distributed.Data.Packing;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Preparation;

/// <summary>Data ready for training: a tokenizer and two packed data sets.</summary>
public sealed class PreparedData : IDisposable
{
    internal PreparedData(string directory, bool fromCache, IReadOnlyList<StageTime> times, Func<DataSummary, IEnumerable<DataNotice>> notices)
    {
        Directory = directory;
        FromCache = fromCache;
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

    /// <summary>The counts.</summary>
    public DataSummary Summary { get; }

    public string ContentId => Summary.ContentId;

    /// <summary>UTF-8 bytes of the held-out text.</summary>
    public long EvaluationBytes => Summary.EvaluationBytes;

    /// <summary>Bytes of the same text as gzip makes it.</summary>
    public long EvaluationGzipBytes => Summary.EvaluationGzipBytes;

    /// <summary>The folder that holds everything.</summary>
    public string Directory { get; }

    /// <summary>tokenizer.json and tokenizer_config.json.</summary>
    public string TokenizerDirectory => Path.Combine(Directory, DataFolder.Tokenizer);

    /// <summary>The held-out text itself, documents one after the other with nothing between them.</summary>
    public string EvaluationTextPath => Path.Combine(Directory, DataFolder.EvaluationText);

    /// <summary>Whether it had been prepared before.</summary>
    public bool FromCache { get; }

    /// <summary>What differs from what was asked for: files that are not read, a smaller vocabulary, what is held out.</summary>
    public IReadOnlyList<DataNotice> Notices { get; }

    /// <summary>What this call spent its time on.</summary>
    public IReadOnlyList<StageTime> Times { get; }

    public void Dispose()
    {
        Train.Dispose();
        Evaluation.Dispose();
    }
}
