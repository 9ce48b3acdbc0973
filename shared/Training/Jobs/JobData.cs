using Distributed.Configuration;
using Distributed.Data.Examples;
using Distributed.Data.Examples.Files;
using Distributed.Data.Examples.Records;
using Distributed.Data.Preparation;

namespace Distributed.Training.Jobs;

/// <summary>Prepares the data of a job: a text, or examples.</summary>
public static class JobData
{
    // Job keys by the name of the option.
    private static readonly Dictionary<string, string> Keys = new()
    {
        [nameof(DataOptions.Corpus)] = "data.corpus",
        [nameof(DataOptions.Evaluation)] = "data.evaluation",
        [nameof(DataOptions.EvaluationFraction)] = "data.evaluation_fraction",
        [nameof(DataOptions.TokenizerPath)] = "data.tokenizer",
        [nameof(DataOptions.VocabularySize)] = "data.vocabulary",
        [nameof(ExampleOptions.Paths)] = "data.examples",
        [nameof(ExampleOptions.SequenceLength)] = "data.sequence_length",
    };

    /// <summary>Finds all problems of the job's data without reading it; empty if there are none.</summary>
    public static IReadOnlyList<ConfigProblem> Problems(TrainingJob job)
    {
        if (!job.Objective.HasExamples) return [.. Renamed(job.Data.ToOptions().Validate())];
        var heldOut = HeldOut(job);
        return
        [
            .. Renamed(Examples(job).Validate()),
            .. heldOut is null ? [] : heldOut.Validate().Where(problem => problem.Key == nameof(ExampleOptions.Paths))
                .Select(problem => problem with { Key = "data.evaluation" }),
        ];
    }

    /// <summary>Returns a key for the data of a job: jobs with equal keys have the same prepared data.</summary>
    public static string KeyOf(TrainingJob job) => $"{job.Objective.Kind} {job.ToJson()["data"]!.ToJsonString()}";

    /// <summary>Prepares the data, or takes it from the cache.</summary>
    /// <param name="job">The job.</param>
    /// <param name="progress">Receives reports of the progress; null for none.</param>
    /// <param name="cancellation">Ends the preparation with an <see cref="OperationCanceledException"/> and leaves no files.</param>
    /// <exception cref="Data.DataException">
    /// The data is missing, malformed or empty, or the cache cannot be written.
    /// </exception>
    public static PreparedData Prepare(
        TrainingJob job, IProgress<PreparationProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (!job.Objective.HasExamples) return DataPreparation.Prepare(job.Data.ToOptions(), progress, cancellation);
        var train = ExamplePreparation.Prepare(Examples(job), progress, cancellation);
        try
        {
            return new PreparedExamples(
                train, HeldOut(job) is { } heldOut ? ExamplePreparation.Prepare(heldOut, progress, cancellation) : null);
        }
        catch
        {
            train.Dispose();
            throw;
        }
    }

    /// <summary>Returns what was skipped or changed in the preparation, with the job key that it concerns.</summary>
    public static IEnumerable<DataNotice> Notices(PreparedData data) => data switch
    {
        PreparedText text => text.Notices.Select(Renamed),
        PreparedExamples examples =>
        [
            .. examples.TrainSet.Notices.Select(Renamed),
            .. examples.EvaluationSet?.Notices.Select(notice => notice with { Key = "data.evaluation" }) ?? [],
        ],
        _ => [],
    };

    private static ExampleOptions Examples(TrainingJob job) => new()
    {
        Format = new ExampleFormat(job.Objective.HasPairs ? ExampleKind.Preferences : job.Data.Format),
        Paths = job.Data.Examples,
        TokenizerPath = job.Data.Tokenizer ?? "",
        SequenceLength = job.Data.SequenceLength,
        TooLong = job.Data.TooLong,
        LastTurnOnly = job.Data.LastTurnOnly,
        CacheDirectory = job.Data.Cache,
    };

    private static ExampleOptions? HeldOut(TrainingJob job) =>
        job.Data.Evaluation.Count == 0 ? null : Examples(job) with { Paths = job.Data.Evaluation };

    private static IEnumerable<ConfigProblem> Renamed(IEnumerable<ConfigProblem> problems) =>
        problems.Select(problem => new ConfigProblem(Keys[problem.Key], problem.Value, problem.Allowed));

    private static DataNotice Renamed(DataNotice notice) => notice with { Key = Keys[notice.Key] };
}
