using System.Diagnostics;
using System.Text;
using Distributed.Data.Tokenizers.Format;

namespace Distributed.Data.Tokenizers.Training;

/// <summary>
/// Trains byte-pair encoding (Sennrich et al. 2016, algorithm 1) over bytes (Radford et al. 2019): starting from the 256 bytes, the most
/// frequent pair of neighbours within a piece becomes a token, until the vocabulary is full. Each merge updates the pair counts, over
/// distinct pieces only. The result depends only on the multiset of pieces, not on the order of documents or on the machine.
/// </summary>
public static class BpeTrainer
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>Trains a tokenizer.</summary>
    /// <param name="documents">The text; read once and not stored.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="progress">Receives about ten reports per second; null for none.</param>
    /// <param name="cancellation">Ends the training with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="DataException">The options are invalid (the message lists all problems), or there is no text.</exception>
    public static BpeTrainingResult Train(
        IEnumerable<string> documents,
        BpeTrainingOptions? options = null,
        IProgress<BpeTrainingProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new BpeTrainingOptions();
        if (options.Validate() is { Count: > 0 } problems)
        {
            throw new DataException($"The tokenizer cannot be trained: {string.Join("; ", problems)}.");
        }

        var clock = Stopwatch.StartNew();
        var report = TimeSpan.Zero;
        long bytes = 0, count = 0;
        var counter = new PieceCounter(options.Pattern, options.LongestPieceBytes);
        foreach (var document in documents)
        {
            cancellation.ThrowIfCancellationRequested();
            counter.Count(document);
            bytes += Encoding.UTF8.GetByteCount(document);
            count++;
            Report(BpeTrainingStage.Counting, 256);
        }

        if (bytes == 0)
        {
            var reason = count switch
            {
                0 => "there are no documents",
                1 => "the only document holds no text",
                _ => $"its {count} documents hold no text",
            };
            throw new DataException($"The tokenizer cannot be trained: {reason}. Name a corpus with text.");
        }

        var counted = clock.Elapsed;
        var words = new WordTable(counter.Counts);
        var tokens = new TokenTable();
        var target = options.VocabularySize - options.SpecialTokens.Count;
        while (tokens.Count < target && words.Pairs.TryTake(options.MinimumPairCount, out var left, out var right, out var holders))
        {
            cancellation.ThrowIfCancellationRequested();
            words.Merge(left, right, tokens.Merge(left, right), holders);
            Report(BpeTrainingStage.Merging, tokens.Count);
        }

        report = TimeSpan.Zero;
        Report(BpeTrainingStage.Merging, options.VocabularySize);
        var json = TokenizerWriter.Write(tokens.Vocabulary, tokens.Merges, options);
        var tokenizer = BpeTokenizer.Parse(json, TokenizerWriter.WriteConfig(tokens.Count, options), "trained");
        return new BpeTrainingResult(tokenizer, count, bytes, counter.Counts.Count, counted, clock.Elapsed - counted);

        void Report(BpeTrainingStage stage, int vocabulary)
        {
            if (progress is not null && clock.Elapsed >= report)
            {
                report = clock.Elapsed + ReportEvery;
                progress.Report(new(stage, bytes, vocabulary, options.VocabularySize, clock.Elapsed));
            }
        }
    }
}
