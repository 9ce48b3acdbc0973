using System.CommandLine;
using Distributed.Cli.Output;
using Distributed.Data.Examples;
using Distributed.Data.Preparation;
using Distributed.Training.Batches;
using Distributed.Training.Jobs;
using Spectre.Console;

namespace Distributed.Cli.Commands;

/// <summary>
/// <c>data prepare</c>: prepares a job's text as <c>train</c> does before the first step. <c>data show</c>: see
/// <see cref="DataShowCommand"/>.
/// </summary>
internal static class DataCommand
{
    public static Command Create(CommandOutput streams)
    {
        var job = new Argument<string?>("job")
        {
            Description = "Job file. Default: the job that train runs by default.", Arity = ArgumentArity.ZeroOrOne
        }.RefusingOptions();
        var (set, json) = (CommonOptions.Set(), CommonOptions.Json());
        var prepare = new VerbCommand("prepare",
            "Cleans, splits, tokenizes and packs a job's text into the cache that train reads.",
            "data prepare --set data.corpus=my-texts --set data.vocabulary=8192") { job, set, json };
        prepare.SetAction((parsed, cancellation) => CommandLine.GuardAsync(streams, parsed.GetValue(json), () =>
        {
            var (read, warnings) = JobFile.Read(parsed.GetValue(job) ?? JobSource.DefaultJob, parsed.GetValue(set)!);
            Warnings.Write(streams, parsed.GetValue(json), warnings);
            return Task.FromResult(Prepare(streams, read, parsed.GetValue(json), cancellation));
        }));
        return new Command("data", "Prepares and shows training data.") { prepare, DataShowCommand.Create(streams) };
    }

    private static int Prepare(CommandOutput streams, TrainingJob job, bool json, CancellationToken cancellation)
    {
        using var signals = Interrupts.Linked(streams.Stop.Token);
        using var data = DataStage.Prepare(job, streams, json, signals.Token);
        if (SequenceRequirement.Problem(data, job.Data) is { } tooShort) Warnings.Write(streams, json, ["data.sequence_length"], tooShort);
        if (json)
        {
            new JsonLines(streams.Output).Write("summary", DataStage.Fields(data));
            return ExitStatus.Ok;
        }

        streams.Console.Write(Counts(data));
        if (data is PreparedText { Summary: { EvaluationBytes: > 0 } text })
        {
            var bits = 8.0 * text.EvaluationGzipBytes / text.EvaluationBytes;
            streams.Output.WriteLine(Format.Invariant($"gzip -9 takes {bits:0.000} bits per byte for the held-out text"));
        }

        streams.Output.WriteLine($"tokenizer: {Format.Exact(data.Tokenizer.VocabularySize)} tokens, {data.TokenizerDirectory}");
        streams.Output.WriteLine($"prepared data: {data.Directory}");
        return ExitStatus.Ok;
    }

    private static Table Counts(PreparedData data)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn(data is PreparedText ? "text" : "examples")
            .AddColumn(new TableColumn("training").RightAligned()).AddColumn(new TableColumn("held out").RightAligned());
        if (data is PreparedText { Summary: var text })
        {
            Row("documents", text.TrainDocuments, text.EvaluationDocuments);
            Row("bytes", text.TrainBytes, text.EvaluationBytes);
            Row("tokens", text.TrainTokens, text.EvaluationTokens);
        }
        else if (data is PreparedExamples { TrainSet.Summary: var train, EvaluationSet: var evaluation })
        {
            Row("examples", train.Examples, evaluation?.Summary.Examples ?? 0);
            Row("tokens", train.Tokens, evaluation?.Summary.Tokens ?? 0);
            Row("targets", train.Targets, evaluation?.Summary.Targets ?? 0);
        }

        return table;

        void Row(string name, long training, long heldOut) => table.AddRow(name, Format.Exact(training), Format.Exact(heldOut));
    }
}
