using System.Text.Json.Nodes;
using Distributed.Cli.Output;
using Distributed.Configuration;
using Distributed.Data.Preparation;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Commands;

/// <summary>Prepares a job's text, reports the progress, and warns if the result differs from what the job asks for.</summary>
internal static class DataStage
{
    // Job keys by the name of the option.
    private static readonly Dictionary<string, string> JobKeys = new()
    {
        [nameof(DataOptions.Corpus)] = "data.corpus",
        [nameof(DataOptions.Evaluation)] = "data.evaluation",
        [nameof(DataOptions.EvaluationFraction)] = "data.evaluation_fraction",
        [nameof(DataOptions.TokenizerPath)] = "data.tokenizer",
        [nameof(DataOptions.VocabularySize)] = "data.vocabulary",
    };

    /// <summary>Returns the prepared text, from the cache if present.</summary>
    public static PreparedData Prepare(TrainingJob job, CommandOutput streams, bool json, CancellationToken cancellation)
    {
        var data = PrepareWithProgress(job, streams, json, cancellation);
        foreach (var notice in data.Notices) Warnings.Write(streams, json, [JobKeys[notice.Key]], notice.Message);
        return data;
    }

    private static PreparedData PrepareWithProgress(TrainingJob job, CommandOutput streams, bool json, CancellationToken cancellation)
    {
        var options = job.Data.ToOptions();
        if (options.Validate() is { Count: > 0 } problems)
            throw new ConfigException(job.Name,
                [.. problems.Select(problem => new ConfigProblem(JobKeys[problem.Key], problem.Value, problem.Allowed))]);
        if (json)
        {
            var lines = new JsonLines(streams.Output);
            return DataPreparation.Prepare(options,
                new StageReporter(stage => lines.Write("prepare", new JsonObject { ["stage"] = Name(stage) })), cancellation);
        }

        if (!streams.IsTerminal)
            return DataPreparation.Prepare(options,
                new StageReporter(stage => streams.Output.WriteLine($"data: {Name(stage)}")), cancellation);
        return ProgressBars.Run(streams.Console, progress => DataPreparation.Prepare(options, progress, cancellation));
    }

    /// <summary>Returns the JSON fields that describe the prepared text.</summary>
    public static JsonObject Fields(PreparedData data) => new()
    {
        ["directory"] = data.Directory,
        ["tokenizer"] = data.TokenizerDirectory,
        ["from_cache"] = data.IsFromCache,
        ["vocabulary"] = data.Summary.VocabularySize,
        ["train_documents"] = data.Summary.TrainDocuments,
        ["train_bytes"] = data.Summary.TrainBytes,
        ["train_tokens"] = data.Summary.TrainTokens,
        ["evaluation_documents"] = data.Summary.EvaluationDocuments,
        ["evaluation_bytes"] = data.Summary.EvaluationBytes,
        ["evaluation_tokens"] = data.Summary.EvaluationTokens,
        ["evaluation_gzip_bytes"] = data.Summary.EvaluationGzipBytes,
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
