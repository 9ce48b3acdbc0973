using System.Text.Json.Nodes;
using Distributed.Cli.Output;
using Distributed.Configuration;
using Distributed.Data.Examples;
using Distributed.Data.Preparation;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Commands;

/// <summary>Prepares a job's text, reports the progress, and warns if the result differs from what the job asks for.</summary>
internal static class DataStage
{
    /// <summary>Returns the prepared data, from the cache if present.</summary>
    public static PreparedData Prepare(TrainingJob job, CommandOutput streams, bool json, CancellationToken cancellation)
    {
        var data = PrepareWithProgress(job, streams, json, cancellation);
        foreach (var notice in JobData.Notices(data)) Warnings.Write(streams, json, [notice.Key], notice.Message);
        return data;
    }

    private static PreparedData PrepareWithProgress(TrainingJob job, CommandOutput streams, bool json, CancellationToken cancellation)
    {
        if (JobData.Problems(job) is { Count: > 0 } problems) throw new ConfigException(job.Name, problems);
        if (json)
        {
            var lines = new JsonLines(streams.Output);
            return JobData.Prepare(job,
                new StageReporter(stage => lines.Write("prepare", new JsonObject { ["stage"] = Name(stage) })), cancellation);
        }

        if (!streams.IsTerminal)
            return JobData.Prepare(job,
                new StageReporter(stage => streams.Output.WriteLine($"data: {Name(stage)}")), cancellation);
        return ProgressBars.Run(streams.Console, progress => JobData.Prepare(job, progress, cancellation));
    }

    /// <summary>Returns the JSON fields that describe the prepared text.</summary>
    public static JsonObject Fields(PreparedData data) => new(
    [
        new("directory", data.Directory), new("tokenizer", data.TokenizerDirectory), new("from_cache", data.IsFromCache),
        new("vocabulary", data.Tokenizer.VocabularySize), .. Counts(data),
    ]);

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Counts(PreparedData data) => data switch
    {
        PreparedText { Summary: var text } =>
        [
            new("train_documents", text.TrainDocuments), new("train_bytes", text.TrainBytes), new("train_tokens", text.TrainTokens),
            new("evaluation_documents", text.EvaluationDocuments), new("evaluation_bytes", text.EvaluationBytes),
            new("evaluation_tokens", text.EvaluationTokens), new("evaluation_gzip_bytes", text.EvaluationGzipBytes),
        ],
        PreparedExamples { TrainSet.Summary: var train, EvaluationSet: var evaluation } =>
        [
            new("train_examples", train.Examples), new("train_tokens", train.Tokens), new("train_targets", train.Targets),
            new("evaluation_examples", evaluation?.Summary.Examples ?? 0), new("evaluation_tokens", evaluation?.Summary.Tokens ?? 0),
            new("evaluation_targets", evaluation?.Summary.Targets ?? 0),
        ],
        _ => [],
    };

    /// <summary>Returns the display name of a stage.</summary>
    public static string Name(PreparationStage stage) => stage switch
    {
        PreparationStage.Hashing => "looking for prepared data",
        PreparationStage.Splitting => "choosing what is held out",
        PreparationStage.CountingPieces => "reading the text",
        PreparationStage.TrainingTokenizer => "training the tokenizer",
        PreparationStage.Packing => "encoding and packing",
        _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, "The stage is unknown."),
    };

    // Reports each stage once, when it begins.
    private sealed class StageReporter(Action<PreparationStage> begin) : IProgress<PreparationProgress>
    {
        private PreparationStage? _last;

        public void Report(PreparationProgress value)
        {
            if (_last == value.Stage) return;
            begin(value.Stage);
            _last = value.Stage;
        }
    }
}
