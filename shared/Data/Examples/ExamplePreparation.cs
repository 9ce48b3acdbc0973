using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Distributed.Data.Examples.Files;
using Distributed.Data.Examples.Lengths;
using Distributed.Data.Examples.Storage;
using Distributed.Data.Examples.Templates;
using Distributed.Data.Preparation;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Examples;

/// <summary>Prepares examples: hashes the files, encodes them and caches the result.</summary>
public static class ExamplePreparation
{
    // Part of the content id. Raise it if the same sources and options give other bytes.
    private const string Version = "1";

    /// <summary>
    /// Prepares the examples, or takes them from the cache.
    /// 1. The result depends only on the files' content and the options, not on paths, times or the machine.
    /// 2. Memory is bounded: at most 256 lines and, per sequence, about 30 bytes are held.
    /// 3. A folder in the cache is always complete, also after a crash. Several processes may prepare the same examples concurrently.
    /// </summary>
    /// <param name="options">The files, the tokenizer and the lengths.</param>
    /// <param name="progress">Receives about ten reports per second; null for none.</param>
    /// <param name="cancellation">Ends the preparation with an <see cref="OperationCanceledException"/> and leaves no files.</param>
    /// <exception cref="DataException">
    /// The options are invalid, or lines are malformed (the message lists up to 50 with file and line); the tokenizer lacks a token; no
    /// example remains; or the cache cannot be written.
    /// </exception>
    public static PreparedExampleSet Prepare(
        ExampleOptions options, IProgress<PreparationProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (options.Validate() is { Count: > 0 } problems)
        {
            throw new DataException($"The examples cannot be prepared:\n{string.Join('\n', problems.Select(problem => $"  {problem}"))}");
        }

        var meter = new ProgressMeter(progress);
        var files = options.Paths.Select(ExampleFiles.Open).ToList();
        var tokenizer = BpeTokenizer.Load(options.TokenizerPath);
        meter.Begin(PreparationStage.Hashing, files.Sum(each => each.SourceBytes));
        var id = ContentId(options, files, tokenizer, meter, cancellation);
        meter.End();

        var directory = Path.Combine(Path.GetFullPath(options.CacheDirectory ?? DataOptions.DefaultCacheDirectory), id);
        var isCached = DataFolder.IsComplete(directory);
        if (!isCached)
        {
            try
            {
                Build(options, files, tokenizer, id, directory, meter, cancellation);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DataException(CacheProblem.Describe(Path.GetDirectoryName(directory)!, e), e);
            }
        }

        var skipped = files.Select(each => each.Notice).OfType<string>();
        return new PreparedExampleSet(directory, isCached, summary => ExampleNotices.Of(summary, options, skipped));
    }

    private static string ContentId(
        ExampleOptions options, List<ExampleFiles> files, BpeTokenizer tokenizer, ProgressMeter meter, CancellationToken cancellation)
    {
        var content = new StringBuilder($"prepared examples {Version}\n{options.Format}\n");
        files.ForEach(each => content.Append($"examples {each.Fingerprint(meter.BytesRead, cancellation)}\n"));
        content.Append($"at most {options.SequenceLength} tokens, {options.TooLong}, last turn only: {options.LastTurnOnly}\n");
        content.Append($"tokenizer {tokenizer.ContentHash} ends {tokenizer.EndOfTextId}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content.ToString())))[..32];
    }

    private static void Build(
        ExampleOptions options, List<ExampleFiles> files, BpeTokenizer tokenizer, string id, string directory, ProgressMeter meter,
        CancellationToken cancellation)
    {
        using var folder = new DataFolder(directory);
        tokenizer.Save(folder.Join(DataFolder.Tokenizer));
        using var writer = new ExampleDatasetWriter(folder.Join(PreparedExampleSet.DatasetFolder), options.Format.Kind, tokenizer);
        var specialNames = tokenizer.AddedTokens.Where(token => token.IsSpecial).Select(token => token.Content).ToArray();
        var encoding = new ExampleEncoding(
            new ExampleTemplate(tokenizer, options.LastTurnOnly), new LengthLimit(options.SequenceLength, options.TooLong),
            SearchValues.Create(specialNames, StringComparison.Ordinal), writer);

        meter.Begin(PreparationStage.Packing, files.Sum(each => each.SourceBytes));
        var lines = files.SelectMany(each => each.Paths).SelectMany(path => ExampleFileReader.Read(path, options.Format, meter.BytesRead));
        encoding.Add(lines, cancellation);
        encoding.Problems.ThrowIfAny();
        var summary = Summarise(id, options, files, encoding, writer);
        if (writer.Count == 0) throw NothingLeft(options, summary);
        writer.Complete();
        meter.End();
        summary.Write(folder.Path);
        folder.Publish();
    }

    private static ExampleSummary Summarise(
        string id, ExampleOptions options, List<ExampleFiles> files, ExampleEncoding encoding, ExampleDatasetWriter writer) => new()
    {
        ContentId = id,
        Kind = options.Format.Kind,
        SourceBytes = files.Sum(each => each.SourceBytes),
        Examples = writer.Count,
        Tokens = writer.Tokens,
        Targets = writer.Targets,
        Longest = writer.Longest,
        Truncated = encoding.Count(LengthOutcome.Truncated),
        TooLong = encoding.Count(LengthOutcome.TooLong),
        NoRoom = encoding.Count(LengthOutcome.NoRoom),
        SpecialNames = encoding.SpecialNames,
    };

    private static DataException NothingLeft(ExampleOptions options, ExampleSummary summary)
    {
        var names = string.Join(", ", options.Paths.Select(path => $"'{path}'"));
        var notices = string.Join(' ', ExampleNotices.Of(summary, options, []).Select(notice => notice.Message));
        var reason = notices.Length > 0 ? notices : "the files have no line. Name files with examples.";
        return new($"No example remains of {names}: {reason}");
    }
}
