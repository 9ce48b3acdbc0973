using System.CommandLine;
using System.Text.Json.Nodes;
using Distributed.Cli.Models;
using Distributed.Cli.Output;
using Distributed.Coordinator.Reports;
using Distributed.Data.Preparation;
using Distributed.Training.Jobs;
using Distributed.Training.Reports;
using Distributed.Worker.Hosting;
using Spectre.Console;

namespace Distributed.Cli.Commands;

/// <summary><c>eval</c>: measures how well a checkpoint predicts held-out text, and how evenly its experts are used.</summary>
internal static class EvalCommand
{
    public static Command Create(CommandOutput streams)
    {
        var checkpoint = CommonOptions.Checkpoint();
        var sequences = new Option<int>("--max-sequences")
        {
            Description = "Maximum number of sequences to score; 0 for all.", HelpName = "number", DefaultValueFactory = _ => 0
        }.Within(0, int.MaxValue);
        var (set, json) = (CommonOptions.Set(), CommonOptions.Json());
        var command = new VerbCommand("eval",
            "Scores the held-out text of a checkpoint's job, with the router biases and with the biases set to zero.",
            "eval --checkpoint runs/tiny", isReport: true) { checkpoint, sequences, set, json };
        command.SetAction((parsed, cancellation) => CommandLine.GuardAsync(streams, parsed.GetValue(json), () => Task.FromResult(
            Evaluate(streams, parsed.GetValue(checkpoint)!, parsed.GetValue(set)!, parsed.GetValue(sequences),
                parsed.GetValue(json), cancellation))));
        return command;
    }

    private static int Evaluate(CommandOutput streams, string path, string[] set, int sequences, bool json, CancellationToken cancellation)
    {
        using var model = CheckpointModel.Load(streams, path);
        var job = JobSource.OfCheckpoint(streams, json, model.Folder, set).Job;
        if (job.Objective.Kind != model.Job.Objective.Kind)
        {
            throw new UserErrorException(
                "objective.kind cannot be changed: a checkpoint is scored by the objective that it was trained with.");
        }

        using var data = Prepare(streams, job, json, cancellation);
        // If --set selects other text, preparation may have trained another tokenizer.
        if (data.Tokenizer.ContentHash != model.Tokenizer.ContentHash)
        {
            var tokenizer = Path.Combine(Path.GetDirectoryName(model.Folder)!, TokenizerFolder.Name, "tokenizer.json");
            throw new UserErrorException(
                $"The tokenizer of this text differs from the one that {model.Folder} was trained with. "
                + $"Add --set data.tokenizer={tokenizer}.");
        }

        if (!json)
        {
            streams.Output.WriteLine("scoring, with the routers' biases and without");
            streams.Output.Flush();
        }

        var withBias = model.Evaluate(data, job, sequences);
        model.ClearRouterBias();
        var without = model.Evaluate(data, job, sequences);
        if (json)
        {
            new JsonLines(streams.Output).Write("summary", new JsonObject
            {
                ["checkpoint"] = model.Folder, ["step"] = model.Step, ["with_bias"] = EvaluationJson.Of(withBias.ToWire()),
                ["without_bias"] = EvaluationJson.Of(without.ToWire()),
            });
            return ExitStatus.Ok;
        }

        var terms = Format.Exact(withBias.Tokens, job.Objective.HasPairs ? "pair" : "token");
        var table = new Table().Border(TableBorder.Rounded).AddColumn($"held out: {terms}")
            .AddColumn(new TableColumn("with router bias").RightAligned()).AddColumn(new TableColumn("bias set to zero").RightAligned());
        var metrics = withBias.Metrics;
        Row(metrics.Count == 0 ? "loss (nats per token)" : "loss", report => report.Loss, "0.0000");
        for (var i = 0; i < metrics.Count; i++)
        {
            var index = i;
            Row(metrics[i].Name.Replace('_', ' '), report => report.Metrics[index].Value, "0.000");
        }

        if (metrics.Count == 0)
        {
            Row("perplexity", report => report.Perplexity, "0.00");
            Row("bits per byte", report => report.BitsPerByte, "0.000");
        }

        if (withBias.GzipBitsPerByte > 0) Row("bits per byte of gzip -9", report => report.GzipBitsPerByte, "0.000");
        Row("MaxVio, worst layer", report => report.MaxVio, "0.000");
        Row("MaxVio, mean of layers", report => report.MeanMaxVio, "0.000");
        streams.Output.WriteLine($"{model.Folder}, step {model.Step}");
        streams.Console.Write(table);
        return ExitStatus.Ok;

        void Row(string name, Func<EvaluationReport, double> figure, string format) => table.AddRow(
            name, figure(withBias).ToString(format, System.Globalization.CultureInfo.InvariantCulture),
            figure(without).ToString(format, System.Globalization.CultureInfo.InvariantCulture));
    }

    // Signals cancel the preparation only. During scoring, a signal ends the process (Interrupts.EndUnhandled).
    private static PreparedData Prepare(CommandOutput streams, TrainingJob job, bool json, CancellationToken cancellation)
    {
        using var signals = Interrupts.Linked(streams.Stop.Token);
        return DataStage.Prepare(job, streams, json, signals.Token);
    }
}
