using Distributed.Data.Packing;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Preparation;

/// <summary>Text ready for training: a tokenizer and two packed data sets.</summary>
public sealed class PreparedText : PreparedData
{
    internal PreparedText(string directory, bool fromCache, IReadOnlyList<StageTime> times,
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

    /// <inheritdoc/>
    public override BpeTokenizer Tokenizer { get; }

    /// <summary>The text to train on.</summary>
    public PackedDataset Train { get; }

    /// <summary>The held-out text; empty if nothing is held out.</summary>
    public PackedDataset Evaluation { get; }

    /// <summary>Counts of documents, bytes and tokens.</summary>
    public DataSummary Summary { get; }

    /// <inheritdoc/>
    public override string ContentId => Summary.ContentId;

    /// <summary>UTF-8 bytes of the held-out text.</summary>
    public long EvaluationBytes => Summary.EvaluationBytes;

    /// <summary>Size in bytes of the held-out text compressed by gzip.</summary>
    public long EvaluationGzipBytes => Summary.EvaluationGzipBytes;

    /// <inheritdoc/>
    public override string Directory { get; }

    /// <inheritdoc/>
    public override string TokenizerDirectory => Path.Combine(Directory, DataFolder.Tokenizer);

    /// <summary>The file with the held-out text: the documents one after the other, without separators.</summary>
    public string EvaluationTextPath => Path.Combine(Directory, DataFolder.EvaluationText);

    /// <inheritdoc/>
    public override bool IsFromCache { get; }

    /// <summary>Differences from the options: skipped files, a smaller vocabulary, a different held-out part.</summary>
    public IReadOnlyList<DataNotice> Notices { get; }

    /// <summary>Duration of each stage of this call.</summary>
    public IReadOnlyList<StageTime> Times { get; }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Train.Dispose();
        Evaluation.Dispose();
    }
}
