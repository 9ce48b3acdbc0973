using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Distributed.Data.Corpora;
using Distributed.Data.Packing;
using Distributed.Data.Tokenizers;
using Distributed.Data.Tokenizers.Training;

namespace Distributed.Data.Preparation;

/// <summary>
/// Prepares packed data sets from text: hashes the sources, trains or loads a tokenizer, encodes the text and caches the result.
/// </summary>
public static class DataPreparation
{
    // Part of the content id. Raise it if the same sources and options give other bytes.
    private const string Version = "2";
    private const int BatchDocuments = 64;

    /// <summary>
    /// Prepares the data, or takes it from the cache.
    /// 1. The result depends only on the sources' content and the options, not on paths, times or the machine.
    /// 2. Data that was prepared before is taken from the cache; then only the sources are hashed.
    /// 3. A folder in the cache is always complete, also after a crash. Several processes may prepare the same data concurrently.
    /// </summary>
    /// <param name="options">The corpora, the tokenizer and the cache.</param>
    /// <param name="progress">Receives about ten reports per second, and one at the beginning and end of each stage; null for none.</param>
    /// <param name="cancellation">Ends the preparation with an <see cref="OperationCanceledException"/> and leaves no files.</param>
    /// <exception cref="DataException">
    /// The options are invalid (the message lists all problems); a source is missing, empty, not UTF-8 or malformed; no text remains to
    /// train on or to evaluate with; or the cache cannot be written.
    /// </exception>
    public static PreparedText Prepare(
        DataOptions options, IProgress<PreparationProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (options.Validate() is { Count: > 0 } problems)
        {
            throw new DataException($"The data cannot be prepared:\n{string.Join('\n', problems.Select(problem => $"  {problem}"))}");
        }

        var meter = new ProgressMeter(progress);
        var corpora = options.Corpus.Select(CorpusLocator.Open).ToList();
        var evaluation = options.Evaluation.Select(CorpusLocator.Open).ToList();
        var tokenizer = options.TokenizerPath is { } path ? BpeTokenizer.Load(path) : null;

        meter.Begin(PreparationStage.Hashing, corpora.Concat(evaluation).Sum(corpus => corpus.SourceBytes));
        var id = ContentId(options, corpora, evaluation, tokenizer, meter, cancellation);
        meter.End();

        var directory = Path.Combine(Path.GetFullPath(options.CacheDirectory ?? DataOptions.DefaultCacheDirectory), id);
        var cached = DataFolder.IsComplete(directory);
        if (!cached)
        {
            try
            {
                Build(options, corpora, evaluation, tokenizer, id, directory, meter, cancellation);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DataException(CacheProblem.Describe(Path.GetDirectoryName(directory)!, e), e);
            }
        }

        return new PreparedText(directory, cached, meter.Times, summary => PreparationNotices.Of(summary, options, corpora, evaluation));
    }

    private static string ContentId(
        DataOptions options, List<ICorpus> corpora, List<ICorpus> evaluation, BpeTokenizer? tokenizer, ProgressMeter meter,
        CancellationToken cancellation)
    {
        var content = new StringBuilder($"prepared data {Version}\n");
        corpora.ForEach(corpus => content.Append($"corpus {corpus.Fingerprint(meter.BytesRead, cancellation)}\n"));
        evaluation.ForEach(corpus => content.Append($"evaluation {corpus.Fingerprint(meter.BytesRead, cancellation)}\n"));
        if (evaluation.Count == 0)
        {
            content.Append(CultureInfo.InvariantCulture, $"held out {options.EvaluationFraction:R}\n");
        }

        var roles = options.HasRoleTokens ? " with roles" : "";
        content.Append(tokenizer is not null
            ? $"tokenizer {tokenizer.ContentHash} ends {tokenizer.EndOfTextId}\n"
            : $"train tokenizer {options.VocabularySize} of {options.TokenizerTrainingBytes} bytes{roles}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content.ToString())))[..32];
    }

    private static void Build(
        DataOptions options, List<ICorpus> corpora, List<ICorpus> evaluation, BpeTokenizer? given, string id, string directory,
        ProgressMeter meter, CancellationToken cancellation)
    {
        var corpus = new SplitCorpus(corpora, evaluation, ChooseHeldOut(options, corpora, evaluation, meter, cancellation));
        using var folder = new DataFolder(directory);
        var tokenizer = given ?? TrainTokenizer(corpus, options, meter, cancellation);
        tokenizer.Save(folder.Join(DataFolder.Tokenizer));
        var summary = Pack(corpus, tokenizer, folder, options, id, given is null, meter, cancellation);
        if (evaluation.Count > 0 && summary.EvaluationDocuments == 0)
        {
            throw new DataException($"The evaluation corpus {Names(options.Evaluation)} holds no text. Name a corpus with text.");
        }

        if (summary.TrainDocuments == 0) throw NothingToTrainOn(options, corpus);
        summary.Write(folder.Path);
        folder.Publish();
    }

    private static HoldOut ChooseHeldOut(
        DataOptions options, List<ICorpus> corpora, List<ICorpus> evaluation, ProgressMeter meter, CancellationToken cancellation)
    {
        if (evaluation.Count > 0 || options.EvaluationFraction == 0 || corpora.TrueForAll(corpus => corpus.IsGrouped))
        {
            return HoldOut.Fraction(options.EvaluationFraction);
        }

        meter.Begin(PreparationStage.Splitting, corpora.Sum(corpus => corpus.SourceBytes));
        try
        {
            return HoldOutPlan.Of(corpora, options.EvaluationFraction, meter.BytesRead, cancellation);
        }
        finally
        {
            meter.End();
        }
    }

    private static BpeTokenizer TrainTokenizer(SplitCorpus corpus, DataOptions options, ProgressMeter meter, CancellationToken cancellation)
    {
        meter.Begin(PreparationStage.CountingPieces, corpus.SourceBytes);
        var merging = false;
        var relay = new Relay<BpeTrainingProgress>(training =>
        {
            if (training.Stage == BpeTrainingStage.Merging)
            {
                if (!merging)
                {
                    meter.End();
                    meter.Begin(PreparationStage.TrainingTokenizer);
                    merging = true;
                }

                meter.Report(training.Fraction);
            }
        });
        try
        {
            var text = corpus.TrainingText(options.TokenizerTrainingBytes, meter.BytesRead, cancellation);
            var training = new BpeTrainingOptions { VocabularySize = options.VocabularySize, SpecialTokens = options.SpecialTokens };
            return BpeTrainer.Train(text, training, relay, cancellation).Tokenizer;
        }
        catch (DataException) when (corpus is { WasRead: true, TrainDocuments: 0 })
        {
            throw NothingToTrainOn(options, corpus);
        }
        finally
        {
            meter.End();
        }
    }

    private static DataSummary Pack(
        SplitCorpus corpus, BpeTokenizer tokenizer, DataFolder folder, DataOptions options, string id, bool trained, ProgressMeter meter,
        CancellationToken cancellation)
    {
        meter.Begin(PreparationStage.Packing, corpus.SourceBytes);
        using var train = new PackedDatasetWriter(folder.Join(DataFolder.Train), tokenizer.VocabularySize, tokenizer.EndOfTextId);
        using var evaluation = new PackedDatasetWriter(folder.Join(DataFolder.Evaluation), tokenizer.VocabularySize, tokenizer.EndOfTextId);
        using var text = new EvaluationText(folder.Join(DataFolder.EvaluationText));
        var trainBytes = 0L;
        var namespaces = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var batch in corpus.Read(meter.BytesRead, cancellation).Chunk(BatchDocuments))
        {
            cancellation.ThrowIfCancellationRequested();
            // Documents are encoded in parallel and written in order: the shards are the same for any number of cores.
            foreach (var (document, heldOut, ids) in batch.AsParallel().AsOrdered()
                .Select(item => (item.Document, item.HeldOut, Encode(tokenizer, item.Document.Text))))
            {
                (heldOut ? evaluation : train).Append([.. ids]);
                if (!heldOut)
                {
                    trainBytes += Encoding.UTF8.GetByteCount(document.Text);
                    continue;
                }

                text.Append(document.Text);
                if (document.Group is { } group)
                {
                    namespaces.Add(group);
                }
            }
        }

        train.Complete();
        evaluation.Complete();
        var gzip = text.Complete();
        meter.End();
        return new DataSummary
        {
            ContentId = id,
            Corpus = options.Corpus,
            SourceBytes = corpus.SourceBytes,
            TrainDocuments = train.Documents,
            TrainBytes = trainBytes,
            TrainTokens = train.Tokens,
            EvaluationDocuments = evaluation.Documents,
            IsHeldOutFromDocument = corpus.HoldsOutAnEnd,
            EvaluationBytes = text.Bytes,
            EvaluationGzipBytes = gzip,
            EvaluationTokens = evaluation.Tokens,
            DuplicateDocuments = corpus.DuplicateDocuments,
            DuplicateLines = corpus.DuplicateLines,
            HeldOutNamespaces = [.. namespaces],
            VocabularySize = tokenizer.VocabularySize,
            IsTokenizerTrained = trained,
        };
    }

    private static List<int> Encode(BpeTokenizer tokenizer, string text)
    {
        var ids = new List<int>(text.Length / 3);
        tokenizer.Encode(text, ids, matchSpecial: false);
        return ids;
    }

    private static DataException NothingToTrainOn(DataOptions options, SplitCorpus corpus) => corpus.HeldOutDocuments == 0
        ? new($"The corpus {Names(options.Corpus)} holds no text: it has only white space. Name a corpus with text.")
        : new($"No text remains to train on: every document of {Names(options.Corpus)} occurs in the evaluation corpus. "
            + "Name other corpora.");

    private static string Names(IReadOnlyList<string> corpora) => string.Join(", ", corpora.Select(name => $"'{name}'"));

    /// <summary>Reports on the caller's thread, in order.</summary>
    private sealed class Relay<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
